// Reads the project's files without an engine.
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { type Fault, RefusedError } from "../../system/errors.ts";
import type { RawSettings } from "../rules/validate.ts";
import { label } from "../settings/fields.ts";
import { modeFile, projectFile } from "../vocabulary/file-names.ts";
import { foreignKeys, keysOutsideConfig } from "./misplaced.ts";
import { readYaml } from "./read-yaml.ts";

/** What is wrong with a mode's name, which becomes a label of the objects; nothing where it may be called so. */
export function nameFaults(mode: string): Fault[] {
  return label.safeParse(mode).success
    ? []
    : [
        {
          where: modeFile(mode),
          found: mode,
          problem:
            "a mode's name must be at most 63 lower-case letters, digits and '-', as it becomes a label of the objects",
          fix: "Rename the file and its stack (`pulumi stack rename`)",
        },
      ];
}

/** The same of a mode that has a file; one that has none is simply not there. */
export function fileNameFaults(projectDirectory: string, mode: string): Fault[] {
  return hasFile(projectDirectory, modeFile(mode)) ? nameFaults(mode) : [];
}

/** By its exact name: on macOS `Pulumi.ML.yaml` would be found where `Pulumi.ml.yaml` is, and told to be misnamed. */
function hasFile(projectDirectory: string, file: string): boolean {
  return readdirSync(projectDirectory).includes(file);
}

/** The modes of a project, by its files, in alphabetical order. */
export function listModes(projectDirectory: string): string[] {
  return readdirSync(projectDirectory)
    .map((file) => /^Pulumi\.([^.]+)\.yaml$/.exec(file)?.[1])
    .filter((mode) => mode !== undefined && nameFaults(mode).length === 0)
    .sort() as string[];
}

/**
 * Reads a mode's values from the files alone, without an engine. Encrypted values stay as they are, and are named in
 * `secretKeys`.
 * @throws RefusedError if there is no such mode, no mode may be called so, what all modes share is not there, or a file is not YAML.
 */
export function readModeFiles(projectDirectory: string, mode: string): RawSettings {
  const file = modeFile(mode);
  const misnamed = fileNameFaults(projectDirectory, mode);
  if (misnamed.length > 0) {
    throw new RefusedError(`There is no mode ${mode}.`, misnamed);
  }
  if (!hasFile(projectDirectory, file)) {
    const modes = listModes(projectDirectory);
    const isDefault = readFragments(projectDirectory, mode).shared.defaultMode === mode;
    throw new RefusedError(`There is no mode ${mode}.`, [
      {
        where: file,
        problem: `the file does not exist${isDefault ? `, and ${projectFile} names this mode as defaultMode` : ""}`,
        fix: `${modes.length > 0 ? `Choose one of ${modes.join(", ")}, or write` : "Write"} it beside ${projectFile}`,
      },
    ]);
  }
  requireShared(projectDirectory);
  return readModeTexts(mode, textOf(projectDirectory, projectFile), textOf(projectDirectory, file));
}

/** Without it every setting that has no default would be told as missing. */
function requireShared(projectDirectory: string): void {
  if (!existsSync(join(projectDirectory, projectFile))) {
    throw new RefusedError("There is no project.", [
      {
        where: realpathSync(projectDirectory),
        key: projectFile,
        problem: "the file does not exist, and holds what all modes share",
        fix: `Put it there: \`git checkout -- ${projectFile}\` takes back the one that was committed`,
      },
    ]);
  }
}

/** The values that all modes share, by themselves. @throws RefusedError if the file is not there, or not YAML. */
export function readSharedFile(projectDirectory: string): RawSettings {
  requireShared(projectDirectory);
  return { ...readModeTexts("", textOf(projectDirectory, projectFile), ""), fileOf: () => projectFile };
}

/** As much of a mode's values as its files give, however faulty they are. */
export interface Fragments {
  /** What the mode's own file says. */
  own: Record<string, unknown>;
  /** What all modes share. */
  shared: Record<string, unknown>;
}

/** Reads what can be read of a mode's files: of a file that is not YAML, what stands before and beside the fault. Never throws. */
export function readFragments(projectDirectory: string, mode: string): Fragments {
  const valuesIn = (file: string): [string, unknown][] => {
    try {
      const content: unknown = parseDocument(textOf(projectDirectory, file), { logLevel: "silent" }).toJS();
      const { name, config } = isGroup(content) ? content : {};
      return isGroup(config) ? entriesOf(config, typeof name === "string" ? name : "vllm-platform") : [];
    } catch {
      return []; // nothing of it can be read
    }
  };
  const shared = valuesIn(projectFile).map(([key, value]) => [key, sharedValue(key, value, []) ?? value]);
  return { own: Object.fromEntries(valuesIn(modeFile(mode))), shared: Object.fromEntries(shared) };
}

function textOf(projectDirectory: string, file: string): string {
  const path = join(projectDirectory, file);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/**
 * As `readModeFiles`, from the texts of the two files.
 * @throws RefusedError if one of them is not YAML.
 */
export function readModeTexts(mode: string, projectText: string, modeText: string): RawSettings {
  const shared = configOf(projectText, projectFile, "vllm-platform");
  const own = configOf(modeText, modeFile(mode), shared.project);
  const unreadable = [...shared.unreadable, ...own.unreadable];
  if (unreadable.length > 0) {
    throw new RefusedError(`The files of mode ${mode} cannot be read:`, unreadable);
  }
  const faults: Fault[] = [...shared.misplaced, ...own.misplaced];
  const sharedValues = shared.entries.flatMap(([key, value]) => {
    const inner = sharedValue(key, value, faults);
    return inner === undefined ? [] : [[key, inner] as const];
  });
  const values = Object.fromEntries([...sharedValues, ...own.entries]);
  const ownKeys = new Set(own.entries.map(([key]) => key));
  return {
    mode,
    values,
    fileOf: fileNamer(mode, ownKeys, new Set(sharedValues.map(([key]) => key))),
    secretKeys: new Set(Object.keys(values).filter((key) => isEncrypted(values[key]))),
    faults,
  };
}

/** Names the file of a key: the mode's own wins, as its value does. */
function fileNamer(mode: string, ownKeys: ReadonlySet<string>, sharedKeys: ReadonlySet<string>) {
  return (key: string) => (!ownKeys.has(key) && sharedKeys.has(key) ? projectFile : modeFile(mode));
}

interface Config {
  project: string;
  /** The project's own settings, without its name before them; other packages' are left out. */
  entries: [string, unknown][];
  /** Why the file cannot be read at all. */
  unreadable: Fault[];
  /** Settings that nobody reads where they stand. */
  misplaced: Fault[];
}

function configOf(text: string, file: string, project: string): Config {
  const nothing = { project, entries: [], misplaced: [] };
  const { content, faults } = readYaml(text, file);
  if (faults.length > 0) {
    return { ...nothing, unreadable: faults };
  }
  if (content !== null && !isGroup(content)) {
    return { ...nothing, unreadable: [notAGroup(file)] };
  }
  const config = content?.config ?? {};
  if (!isGroup(config)) {
    return { ...nothing, unreadable: [notAGroup(file, "config")] };
  }
  const name = typeof content?.name === "string" ? content.name : project;
  const where = { file, project: name };
  return {
    project: name,
    entries: entriesOf(config, name),
    unreadable: [],
    misplaced: [...keysOutsideConfig(content ?? {}, where), ...foreignKeys(config, where)],
  };
}

function entriesOf(config: Record<string, unknown>, project: string): [string, unknown][] {
  return Object.entries(config)
    .map(([key, value]): [string, unknown] => [unprefixed(key, project), value])
    .filter(([key]) => !key.includes(":")); // another package's setting, for example pulumi:tags
}

function notAGroup(file: string, key?: string): Fault {
  return {
    where: file,
    ...(key === undefined ? {} : { key }),
    problem: "must map keys to values",
    fix: "Write one `key: value` a line",
  };
}

function unprefixed(key: string, project: string): string {
  for (const prefix of [`${project}:`, "vllm-platform:"]) {
    if (key.startsWith(prefix)) {
      return key.slice(prefix.length);
    }
  }
  return key;
}

/** Project files write `key: {value: …}`, or the plain value where it is no group. */
function sharedValue(key: string, value: unknown, faults: Fault[]): unknown {
  if (!isGroup(value)) {
    return value;
  }
  if ("value" in value || "default" in value) {
    const inner = value.value ?? value.default;
    if (!isEncrypted(inner)) {
      return inner;
    }
    faults.push({
      where: projectFile,
      key,
      problem: "is encrypted, and Pulumi knows secrets only in the files of stacks",
      fix: `Remove it and run \`npm run set-secret -- ${key}\``,
    });
    return undefined;
  }
  if (!("type" in value || "description" in value)) {
    faults.push({
      where: projectFile,
      key,
      problem: "must have its settings under `value:`, as Pulumi wants it in this file",
      fix: "Put a line `value:` before them, and move them to the right of it",
    });
  }
  return undefined;
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `pulumi config set --secret` writes `{secure: …}`, with `--path` at any depth. */
function isEncrypted(value: unknown): boolean {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const keys = Object.keys(value);
  return (keys.length === 1 && keys[0] === "secure") || Object.values(value).some(isEncrypted);
}
