import { getProject, getStack, runtime } from "@pulumi/pulumi";
import { fileNamer, readModeFiles } from "./files.ts";
import { type Plan, planFrom } from "./index.ts";

/**
 * The plan of the stack that the engine runs. The only place that reads Pulumi's configuration.
 * @throws RefusedError naming every fault of the configuration.
 */
export function loadPlan(projectDirectory: string): Plan {
  const mode = getStack();
  const prefix = `${getProject()}:`;
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(runtime.allConfig())) {
    if (key.startsWith(prefix)) {
      values[key.slice(prefix.length)] = value;
    }
  }
  const raw = {
    mode,
    values,
    fileOf: fileOfKey(projectDirectory, mode, values),
    secretKeys: secretKeys(prefix),
  };
  return planFrom(raw, projectDirectory);
}

/** Names of the values that were set with `--secret`, as the engine hands them over. */
function secretKeys(prefix: string): Set<string> {
  const keys = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[];
  return new Set(keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)));
}

/** Names a key's file by looking into the files; a key set elsewhere counts as the mode's own. */
function fileOfKey(projectDirectory: string, mode: string, values: Record<string, unknown>) {
  try {
    return readModeFiles(projectDirectory, mode).fileOf;
  } catch {
    return fileNamer(mode, new Set(Object.keys(values)), new Set());
  }
}
