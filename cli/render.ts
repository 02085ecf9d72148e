/** `npm run render -- <mode> [folder]`: a mode's objects as plain Kubernetes YAML, without engine and cluster. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { listModes, planFromFiles, RefusedError } from "../stacks/index.ts";
import { manifestsOf } from "../stacks/manifests/index.ts";
import { manifestsYaml } from "../stacks/manifests/yaml.ts";
import { names, secretKeys } from "../stacks/names.ts";
import { pulumi } from "./run-pulumi.ts";

const project = join(import.meta.dirname, "..");

/** Values of the Secrets, which only the stack knows. */
export interface SecretValues {
  apiKey?: string;
  huggingFaceToken?: string;
}

/** The YAML of one mode, as it is printed and as `test/golden` holds it. */
export function renderMode(mode: string, values?: SecretValues): string {
  const manifests = manifestsOf(planFromFiles(project, mode), { secrets: dataOf(values) });
  return manifestsYaml(
    manifests,
    `Mode ${mode} of vllm-platform as plain Kubernetes objects, made by \`npm run render -- ${mode}\`.\nWhat only a cluster can tell is absent: the claim \`gpu-mode\` and the switch number.`,
  );
}

/** Data of the Secrets as the API has it. */
function dataOf({ apiKey, huggingFaceToken }: SecretValues = {}): Record<string, Record<string, string>> {
  const base64 = (value: string): string => Buffer.from(value).toString("base64");
  return {
    ...(apiKey === undefined ? {} : { [names.apiKeySecret]: { [secretKeys.apiKey]: base64(apiKey) } }),
    ...(huggingFaceToken === undefined
      ? {}
      : { [names.huggingFaceSecret]: { [secretKeys.huggingFaceToken]: base64(huggingFaceToken) } }),
  };
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
  const text = renderMode(mode, showSecrets ? await secretsOf(mode) : undefined);
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
