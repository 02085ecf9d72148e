/** Folders that this project makes, fills and removes as a whole: it must know them from those of others. */
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../../system/user-error.ts";

export interface OwnFolder {
  readonly folder: string;
  /** `the sandbox`. */
  readonly title: string;
  /** Permissions of a new one. @default those of any new folder */
  readonly mode?: number;
  /** The variable by which another folder is named. */
  readonly variable: string;
}

/** The file that says whose a folder is. */
export const marker = ".vllm-platform";

/**
 * Makes the folder, or takes an empty one, and marks it.
 * @throws UserError where it holds things of others.
 */
export async function takeFolder({ folder, title, mode, variable }: OwnFolder): Promise<void> {
  await mkdir(folder, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  const names = await readdir(folder);
  if (names.includes(marker)) {
    return;
  }
  if (names.length > 0) {
    throw new UserError(
      `${folder} is not taken for ${title}, as it holds other things (${some(names)}): name a new or an empty folder in ${variable}.`,
    );
  }
  const text = `This folder is ${title} of vllm-platform: npm run clean removes it with all that is in it.\n`;
  await writeFile(join(folder, marker), text);
}

/**
 * Whether there is such a folder with something in it.
 * @throws UserError where it holds things of others: then it must not be removed.
 */
export async function isThere({ folder, title, variable }: OwnFolder): Promise<boolean> {
  const names: string[] = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      return [];
    }
    throw error;
  });
  if (names.length > 0 && !names.includes(marker)) {
    throw new UserError(
      `${folder} is not removed: it holds other things (${some(names)}), and nothing says that it was made for ${title}. Correct ${variable}, or remove by hand what is not needed there.`,
    );
  }
  return names.length > 0;
}

/**
 * Removes a folder that `isThere`. One whose removal is cut off is still known for what it is, as the marker goes last.
 */
export async function removeFolder({ folder }: OwnFolder): Promise<void> {
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
