/** `npm run render -- <mode> [folder]`: a mode's objects as plain Kubernetes YAML, without engine and cluster. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { manifestsYaml } from "../components/manifest-yaml.ts";
import { manifestsOf, type SecretValues } from "../components/manifests.ts";
import { listModes, planFromFiles, RefusedError } from "../stacks/index.ts";
import { pulumi } from "./run-pulumi.ts";

const project = join(import.meta.dirname, "..");

/** The YAML of one mode, as it is printed and as `test/golden` holds it. */
export async function renderMode(mode: string, secrets?: SecretValues): Promise<string> {
  const manifests = await manifestsOf(planFromFiles(project, mode), secrets);
  return manifestsYaml(
    manifests,
    `Mode ${mode} of vllm-platform as plain Kubernetes objects, made by \`npm run render -- ${mode}\`.\nWhat only a cluster can tell is absent: the claim \`gpu-mode\` and the switch number.`,
  );
}

/** What the mode's stack holds; a value that its plan does not use is not asked for. */
async function secretsOf(mode: string): Promise<SecretValues> {
  const { apiKey, huggingFace } = planFromFiles(project, mode);
  const ask = async (...words: string[]) =>
    (await pulumi([...words, "-s", mode, "--non-interactive"])).trim();
  return {
    ...(apiKey ? { apiKey: await ask("stack", "output", "apiKey", "--show-secrets") } : {}),
    ...(huggingFace?.kind === "token"
      ? { huggingFaceToken: await ask("config", "get", "vllm-platform:huggingFaceToken") }
      : {}),
  };
}

async function render(mode: string, folder: string | undefined, { showSecrets = false }): Promise<void> {
  const text = await renderMode(mode, showSecrets ? await secretsOf(mode) : undefined);
  if (folder === undefined) {
    process.stdout.write(text);
    return;
  }
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${mode}.yaml`);
  await writeFile(file, text, { mode: showSecrets ? 0o600 : 0o644 });
  console.error(`Wrote ${file}`);
}

if (import.meta.main) {
  try {
    await new Command("npm run render --")
      .description(
        "Writes a mode's objects as plain Kubernetes YAML: no engine, no cluster, nothing is changed.",
      )
      .argument("<mode>", `one of ${listModes(project).join(", ")}`)
      .argument("[folder]", "write <folder>/<mode>.yaml instead of standard output")
      .option("--show-secrets", "also write the values of Secrets: asks Pulumi for those of the mode's stack")
      .addHelpText(
        "after",
        "\nExamples:\n  npm run -s render -- ml | kubectl diff -f -\n  npm run render -- r1 test/golden",
      )
      .action(render)
      .parseAsync();
  } catch (error) {
    if (!(error instanceof RefusedError)) {
      throw error;
    }
    console.error(error.message);
    process.exitCode = 1;
  }
}
