/** A mode's objects as plain Kubernetes YAML, without engine and cluster. */
import { askPulumi } from "../engine/ask.ts";
import { planFromFiles } from "../stacks/index.ts";
import { manifestsOf } from "../stacks/manifests/index.ts";
import { manifestsYaml, plainManifests } from "../stacks/manifests/yaml.ts";
import { names, secretKeys } from "../stacks/vocabulary/names.ts";
import type { Project } from "./project.ts";

/** Values of the Secrets, which only the stack knows. */
interface SecretValues {
  apiKey?: string;
  huggingFaceToken?: string;
}

/** The YAML of one mode with the values of its Secrets. */
export async function renderWithSecrets(
  { folder, withSecrets }: Pick<Project, "folder" | "withSecrets">,
  mode: string,
): Promise<string> {
  if (withSecrets !== folder) {
    await askPulumi(folder, ["version"]); // the sandbox's makes its copy anew, where the files have changed since
  }
  return renderMode(withSecrets, mode, await secretsOf(withSecrets, mode));
}

/** The YAML of one mode, as it is printed and as `test/golden` holds it. */
export function renderMode(project: string, mode: string, values?: SecretValues): string {
  const manifests = plainManifests(manifestsOf(planFromFiles(project, mode), { secrets: dataOf(values) }));
  return manifestsYaml(
    manifests,
    `Mode ${mode} of vllm-platform as plain Kubernetes objects, made by \`npm run render -- ${mode}\`.\nWhat only a cluster can tell is absent: the claim \`gpu-mode\` and the switch number.\nSo is the namespace, in which others may live: \`kubectl create namespace ${names.namespace}\` makes it.`,
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
async function secretsOf(project: string, mode: string): Promise<SecretValues> {
  const { apiKey, huggingFace } = planFromFiles(project, mode);
  const ask = async (...words: string[]) =>
    (await askPulumi(project, [...words, "-s", mode, "--non-interactive"])).trim();
  return {
    ...(apiKey ? { apiKey: await ask("stack", "output", "apiKey", "--show-secrets") } : {}),
    ...(huggingFace?.kind === "token"
      ? { huggingFaceToken: await ask("config", "get", "vllm-platform:huggingFaceToken") }
      : {}),
  };
}
