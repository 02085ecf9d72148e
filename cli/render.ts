/** `npm run render -- <mode> [folder]`: a mode's objects as plain Kubernetes YAML, without engine and cluster. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openProject, type Project, requireMode } from "../operations/project.ts";
import { renderMode, renderWithSecrets } from "../operations/render.ts";
import { replaceFile } from "../system/replace-file.ts";
import { inWords, newCommand } from "../system/terminal/command-line.ts";

async function render(
  project: Project,
  mode: string,
  target: string | undefined,
  { showSecrets = false }: { showSecrets?: boolean },
): Promise<void> {
  requireMode(project, mode);
  const text = await (showSecrets ? renderWithSecrets(project, mode) : renderMode(project.folder, mode));
  if (target === undefined) {
    process.stdout.write(text);
    return;
  }
  await mkdir(target, { recursive: true });
  const file = join(target, `${mode}.yaml`);
  await replaceFile(file, text, showSecrets ? 0o600 : 0o644);
  console.error(`Wrote ${file}`);
}

await inWords(async () => {
  const project = openProject();
  await newCommand(
    "npm run render --",
    "Writes a mode's objects as plain Kubernetes YAML: no engine, no cluster, nothing is changed.",
  )
    .argument("<mode>", `one of ${project.modes.join(", ")}`)
    .argument("[folder]", "write <folder>/<mode>.yaml instead of standard output")
    .option(
      "--show-secrets",
      "also write the values of Secrets, which Pulumi is asked for: those of the mode's stack",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  npm run -s render -- ml | kubectl diff -f -\n  npm run render -- r1 rendered    # writes rendered/r1.yaml",
    )
    .action((mode: string, target: string | undefined, options: { showSecrets?: boolean }) =>
      render(project, mode, target, options),
    )
    .parseAsync();
});
