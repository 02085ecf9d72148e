// The configuration of the stack that the engine runs.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { getProject, getStack, type Output, runtime, secret } from "@pulumi/pulumi";
import { readModeFiles } from "./files/index.ts";
import { type Plan, planAnyway, type RawSettings } from "./index.ts";
import { type SecretName, secretNames } from "./settings/index.ts";
import { modeFile, projectFile } from "./vocabulary/file-names.ts";

/** What a stack is told: the plan, in which no secret stands, and the secrets beside it. */
export interface Loaded {
  plan: Plan;
  /** What of the files is at fault and does not stop it. */
  warnings: string[];
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
  const files = filesOf(projectDirectory, mode);
  const raw = {
    mode,
    values,
    fileOf: fileOfKey(files, mode, values),
    secretKeys: secretKeys(prefix),
    faults: files?.faults ?? [],
  };
  const { plan, warnings } = planAnyway(raw, projectDirectory);
  const secrets = secretNames
    .filter((name) => values[name] !== undefined)
    .map((name) => [name, secret(values[name])] as const);
  return { plan, warnings, secrets: Object.fromEntries(secrets) };
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

/**
 * What the mode's files say by themselves: the engine hands over neither what stands in the wrong place nor what it reads in
 * its own way. Nothing where the mode has no file here, as then the engine has its values from elsewhere.
 * @throws RefusedError where they cannot be read.
 */
function filesOf(projectDirectory: string, mode: string): RawSettings | undefined {
  return existsSync(join(projectDirectory, modeFile(mode)))
    ? readModeFiles(projectDirectory, mode)
    : undefined;
}

/**
 * Names a key's file. A value that is not the shared one was set elsewhere, by the mode's own file or by an engine that has its
 * own copy of it.
 */
function fileOfKey(files: RawSettings | undefined, mode: string, values: Record<string, string>) {
  const isShared = (key: string): boolean =>
    files !== undefined &&
    key in files.values &&
    files.fileOf(key) === projectFile &&
    isSame(values[key], files.values[key]);
  return (key: string) => (isShared(key) ? projectFile : modeFile(mode));
}

/** Whether the engine's text says what a file says; groups come as JSON. */
function isSame(text: string | undefined, value: unknown): boolean {
  if (text === undefined || typeof value !== "object" || value === null) {
    return text === undefined || text === String(value);
  }
  try {
    return isDeepStrictEqual(JSON.parse(text), value);
  } catch {
    return false;
  }
}
