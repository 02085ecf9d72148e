import { link, rm } from "node:fs/promises";
import { readJson, writeJson } from "../../../system/json-file.ts";
import { endProcess, identify } from "../../../system/processes.ts";
import { UserError } from "../../../system/user-error.ts";
import type { SandboxPaths } from "./paths.ts";

interface Holder {
  readonly pid: number;
  readonly identity: string;
  readonly command: string;
}

/**
 * Keeps two commands from changing one sandbox at the same time. A holder that has ended, however, holds nothing.
 *
 * @returns what releases the lock.
 * @throws UserError naming the process that holds it.
 */
export async function takeLock(paths: SandboxPaths, command: string): Promise<() => Promise<void>> {
  const identity = identify(process.pid) ?? "";
  const own = `${paths.lock}.${process.pid}`;
  await writeJson(own, { pid: process.pid, identity, command } satisfies Holder);
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      // A link is made or refused as one step, with the content already in place.
      const taken = await link(own, paths.lock).then(
        () => true,
        () => false,
      );
      if (taken) return () => rm(paths.lock, { force: true });
      const holder = await readHolder(paths);
      if (holder !== undefined) {
        throw new UserError(
          `${holder.command} is running in this sandbox already (process ${holder.pid}); wait until it has finished, or end it.`,
        );
      }
      await rm(paths.lock, { force: true });
    }
    throw new UserError(
      `The lock ${paths.lock} could not be taken; remove it if no command of this clone is running.`,
    );
  } finally {
    await rm(own, { force: true });
  }
}

/** Ends the command that holds the lock, as Ctrl-C would. */
export async function endHolder(paths: SandboxPaths): Promise<string | undefined> {
  const holder = await readHolder(paths);
  if (holder === undefined || holder.pid === process.pid) return undefined;
  await endProcess(holder);
  await rm(paths.lock, { force: true });
  return holder.command;
}

async function readHolder(paths: SandboxPaths): Promise<Holder | undefined> {
  const holder = await readJson<Holder>(paths.lock);
  return holder !== undefined && identify(holder.pid) === holder.identity ? holder : undefined;
}
