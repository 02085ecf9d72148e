import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { RefusedError } from "./errors.ts";
import type { RawSettings } from "./validate.ts";

/** File that holds what all modes share. */
export const projectFile = "Pulumi.yaml";

/** File that holds what one mode is. */
export function modeFile(mode: string): string {
  return `Pulumi.${mode}.yaml`;
}

/** The modes of a project, by its files, in alphabetical order. */
export function listModes(projectDirectory: string): string[] {
  return readdirSync(projectDirectory)
    .map((file) => /^Pulumi\.([a-z0-9][a-z0-9-]*)\.yaml$/.exec(file)?.[1])
    .filter((mode) => mode !== undefined)
    .sort();
}

/**
 * Reads a mode's values from the files alone, without an engine. Encrypted values are left out, so nothing that a
 * plan is made of may be secret.
 * @throws RefusedError if there is no such mode or a file is not YAML.
 */
export function readModeFiles(projectDirectory: string, mode: string): RawSettings {
  const file = modeFile(mode);
  if (!existsSync(join(projectDirectory, file))) {
    const modes = listModes(projectDirectory);
    throw new RefusedError(`There is no mode ${mode}.`, [
      {
        where: projectDirectory,
        key: file,
        problem: "the file does not exist",
        mend: modes.length > 0 ? `Choose one of ${modes.join(", ")}, or write the file` : "Write the file",
      },
    ]);
  }
  const shared = configOf(projectDirectory, projectFile);
  const own = configOf(projectDirectory, file);
  const project = shared.project;
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(shared.config)) {
    values[unprefixed(key, project)] = isWrapped(value) ? value.value : value;
  }
  const ownKeys = new Set<string>();
  for (const [key, value] of Object.entries(own.config)) {
    const name = unprefixed(key, project);
    if (name.includes(":")) {
      continue; // another package's setting, for example pulumi:tags
    }
    ownKeys.add(name);
    if (!isEncrypted(value)) {
      values[name] = value;
    }
  }
  return {
    mode,
    values,
    fileOf: fileNamer(
      mode,
      ownKeys,
      new Set(Object.keys(shared.config).map((key) => unprefixed(key, project))),
    ),
  };
}

/** Names the file of a key: the mode's own wins, as its value does. */
export function fileNamer(mode: string, ownKeys: ReadonlySet<string>, sharedKeys: ReadonlySet<string>) {
  return (key: string) => (!ownKeys.has(key) && sharedKeys.has(key) ? projectFile : modeFile(mode));
}

function configOf(directory: string, file: string): { project: string; config: Record<string, unknown> } {
  const document = parseDocument(readFileSync(join(directory, file), "utf8"));
  if (document.errors.length > 0) {
    throw new RefusedError(
      `${file} is not valid YAML.`,
      document.errors.map((error) => ({
        where: file,
        problem: (error.message.split("\n")[0] ?? "").replace(/:$/, ""),
        mend: "Correct that line",
      })),
    );
  }
  const content = (document.toJS() ?? {}) as { name?: unknown; config?: unknown };
  const config = content.config ?? {};
  if (typeof config !== "object" || Array.isArray(config)) {
    throw new RefusedError(`${file} is not usable.`, [
      {
        where: file,
        key: "config",
        seen: config,
        problem: "must map keys to values",
        mend: "Write one `key: value` a line",
      },
    ]);
  }
  return { project: String(content.name ?? "vllm-platform"), config: config as Record<string, unknown> };
}

function unprefixed(key: string, project: string): string {
  for (const prefix of [`${project}:`, "vllm-platform:"]) {
    if (key.startsWith(prefix)) {
      return key.slice(prefix.length);
    }
  }
  return key;
}

/** Project files write `key: {value: …}`. */
function isWrapped(value: unknown): value is { value: unknown } {
  return typeof value === "object" && value !== null && "value" in value;
}

/** `pulumi config set --secret` writes `{secure: …}`. */
function isEncrypted(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secure" in value;
}
