import { readFileSync, writeFileSync } from "node:fs";

/** What making a part has cost on this machine. */
export interface Made {
  /**
   * Seconds that its download or build took. Parts of one module are built by one call, since they share most of
   * their sources; each then has an equal share, so that a sum over parts is the time that passed.
   */
  readonly seconds: number;
  /** The parts that were built by the same call. */
  readonly togetherWith?: readonly string[];
}

// Beside the part's folder: what is in it is laid on PATH.
const fileFor = (folder: string): string => `${folder}.made.json`;

/** Notes what parts have cost that were made by one call. A comfort: a full disk must not end what has succeeded. */
export function recordMade(parts: readonly { name: string; folder: string }[], seconds: number): void {
  for (const { name, folder } of parts) {
    const togetherWith = parts.map((part) => part.name).filter((other) => other !== name);
    const made: Made = {
      seconds: Math.round((seconds / parts.length) * 10) / 10,
      ...(togetherWith.length === 0 ? {} : { togetherWith }),
    };
    try {
      writeFileSync(fileFor(folder), JSON.stringify(made));
    } catch {
      // the list then says that it is unknown
    }
  }
}

/** What the part in this folder has cost; undefined where that was not noted. */
export function readMade(folder: string): Made | undefined {
  try {
    return JSON.parse(readFileSync(fileFor(folder), "utf8")) as Made;
  } catch {
    return undefined;
  }
}
