/** Folders that this project makes, fills and removes as a whole: it must know them from those of others. */
import { statSync } from "node:fs";
import { chmod, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../../system/errors.ts";

export interface OwnFolder {
  readonly folder: string;
  /** `the sandbox`. */
  readonly title: string;
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

/** Nobody else gets in, whatever the umask is and whatever the folder was before. */
const ownersOnly = 0o700;

/**
 * Makes the folder, or takes an empty one, marks it, and keeps others out.
 * @throws UserError where it holds things of others, or somebody else's word would count in it.
 */
export async function takeFolder(own: OwnFolder): Promise<void> {
  const { folder } = own;
  await mkdir(folder, { recursive: true, mode: ownersOnly });
  const names = await readdir(own.folder);
  const isOwners = (await stat(folder)).uid === process.getuid?.();
  if (names.length === 0 && isOwners) {
    await chmod(folder, ownersOnly);
  }
  requireTrust(own);
  const judgement = judgeFolder(names, own);
  if (judgement.is === "foreign") {
    throw new UserError(
      `${own.folder} is not taken for ${own.title}, as it holds other things (${some(judgement.foreign)}): name a new or an empty folder in ${own.variable}.`,
    );
  }
  if (!names.includes(marker)) {
    await mark(own);
  }
  if (isOwners) {
    await chmod(folder, ownersOnly);
  }
}

/**
 * What lies in such a folder is run. Nothing is said of one that is not there.
 * @throws UserError where somebody may write into it whose word does not count here anyway.
 */
export function requireTrust({ folder, title, variable }: OwnFolder): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  const self = process.getuid?.();
  if (found === undefined || self === undefined) {
    return; // Windows has other permissions
  }
  const why = whyDistrusted(found, { self, clone: statSync(import.meta.dirname).uid });
  if (why !== undefined) {
    throw new UserError(
      `${folder} is not taken for ${title}, as ${why} and what lies there is run: ${found.uid === self ? `chmod go-w ${folder}, if all in it is yours` : "correct its owner and permissions"}, or name another folder in ${variable}.`,
    );
  }
}

/**
 * Why the word of others would count in a folder, as half a sentence. Root's counts everywhere, and that of whoever owns this
 * clone has to be taken already. Pure.
 */
export function whyDistrusted(
  { uid, mode }: { uid: number; mode: number },
  { self, clone }: { self: number; clone: number },
): string | undefined {
  if (![self, clone, 0].includes(uid)) {
    return `it belongs to another user (id ${uid})`;
  }
  return (mode & 0o022) === 0
    ? undefined
    : `other users may write into it (mode ${(mode & 0o777).toString(8)})`;
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
