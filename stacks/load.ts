import { getProject, getStack, type Output, runtime, secret } from "@pulumi/pulumi";
import { fileNamer, readModeFiles } from "./files.ts";
import { type Plan, planFrom } from "./index.ts";
import { type SecretName, secretNames } from "./settings.ts";

/** What a stack is told: the plan, in which no secret stands, and the secrets beside it. */
export interface Loaded {
  plan: Plan;
  secrets: Partial<Record<SecretName, Output<string>>>;
}

/**
 * The plan of the stack that the engine runs, and its secrets. The only place that reads Pulumi's configuration.
 * @throws RefusedError naming every fault of the configuration.
 */
export function loadPlan(projectDirectory: string): Loaded {
  const mode = getStack();
  const prefix = `${getProject()}:`;
  const values = Object.fromEntries(
    Object.entries(runtime.allConfig())
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
  const raw = {
    mode,
    values,
    fileOf: fileOfKey(projectDirectory, mode, values),
    secretKeys: secretKeys(prefix),
  };
  const plan = planFrom(raw, projectDirectory);
  const secrets = secretNames
    .filter((name) => values[name] !== undefined)
    .map((name) => [name, secret(values[name])] as const);
  return { plan, secrets: Object.fromEntries(secrets) };
}

/** Names of the values that were set with `--secret`, as the engine hands them over: `project:key`, or `project:config:key`. */
function secretKeys(prefix: string): Set<string> {
  const keys = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[];
  return new Set(
    keys
      .map((key) => key.replace(/:config:/, ":"))
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length)),
  );
}

/** Names a key's file by looking into the files; a key set elsewhere counts as the mode's own. */
function fileOfKey(projectDirectory: string, mode: string, values: Record<string, unknown>) {
  try {
    return readModeFiles(projectDirectory, mode).fileOf;
  } catch {
    return fileNamer(mode, new Set(Object.keys(values)), new Set());
  }
}
