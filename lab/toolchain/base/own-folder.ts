/** Folders that this project makes, fills and removes as a whole: it must know them from those of others. */
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../../system/errors.ts";

export interface OwnFolder {
  readonly folder: string;
  /** `the sandbox`. */
  readonly title: string;
  /** Permissions of a new one. @default those of any new folder */
  readonly mode?: number;
  /** The variable by which another folder is named. */
  readonly variable: string;
  /** Names that lie in one. Versions before the marker can be told by them alone, so none may be left out. */
  readonly entries: readonly string[];
  /** Those of them that nobody else has; one is there from the first moments on. */
  readonly telltales: readonly string[];
}

/** The file that says whose a folder is. */
export const marker = ".vllm-platform";

/** Whose a folder is, by the names in it. `foreign`: what is there of others. */
export type Judgement = { is: "own" | "empty" } | { is: "foreign"; foreign: string[] };

/** Judges by the names in a folder. Pure. */
export function judgeFolder(
  names: readonly string[],
  { entries, telltales }: Pick<OwnFolder, "entries" | "telltales">,
): Judgement {
  if (names.length === 0) {
    return { is: "empty" };
  }
  if (names.includes(marker)) {
    return { is: "own" };
  }
  // A file that is being written has more to its name.
  const foreign = names.filter(
    (name) => !entries.some((entry) => name === entry || name.startsWith(`${entry}.`)),
  );
  return foreign.length === 0 && names.some((name) => telltales.includes(name))
    ? { is: "own" }
    : { is: "foreign", foreign: foreign.length === 0 ? [...names] : foreign };
}

/**
 * Makes the folder, or takes an empty one, and marks it.
 * @throws UserError where it holds things of others.
 */
export async function takeFolder(own: OwnFolder): Promise<void> {
  const { folder, mode } = own;
  await mkdir(folder, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  const names = await readdir(own.folder);
  const judgement = judgeFolder(names, own);
  if (judgement.is === "foreign") {
    throw new UserError(
      `${own.folder} is not taken for ${own.title}, as it holds other things (${some(judgement.foreign)}): name a new or an empty folder in ${own.variable}.`,
    );
  }
  if (!names.includes(marker)) {
    await mark(own);
  }
}

function mark({ folder, title }: OwnFolder): Promise<void> {
  const text = `This folder is ${title} of vllm-platform: npm run clean removes it with all that is in it.\n`;
  return writeFile(join(folder, marker), text);
}

/**
 * Whether there is such a folder with something in it.
 * @throws UserError where it holds things of others: then it must not be removed.
 */
export async function isThere(own: OwnFolder): Promise<boolean> {
  const names = await readdir(own.folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      return [];
    }
    throw error;
  });
  const judgement = judgeFolder(names, own);
  if (judgement.is === "foreign") {
    throw new UserError(
      `${own.folder} is not removed: it holds other things (${some(judgement.foreign)}), and nothing says that it was made for ${own.title}. Correct ${own.variable}, or remove by hand what is not needed there.`,
    );
  }
  return judgement.is === "own";
}

/**
 * Removes a folder that `isThere`. One whose removal is cut off is still known for what it is, as the marker goes last.
 */
export async function removeFolder(own: OwnFolder): Promise<void> {
  const { folder } = own;
  await mark(own);
  for (const name of await readdir(folder)) {
    if (name !== marker) {
      await removeTree(join(folder, name));
    }
  }
  await removeTree(folder);
}

async function removeTree(path: string): Promise<void> {
  // Go's module cache is read-only.
  await rm(path, { recursive: true, force: true }).catch(async () => {
    await makeWritable(path);
    await rm(path, { recursive: true, force: true });
  });
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      await makeWritable(join(folder, entry.name));
    }
  }
}

/** The first few of some names. */
function some(names: readonly string[]): string {
  const shown = [...names].sort().slice(0, 3);
  return shown.length < names.length
    ? `${shown.join(", ")} and ${names.length - shown.length} more`
    : shown.join(", ");
}
