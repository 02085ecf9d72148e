/** A lock among the processes of this machine, and how its holder is ended. */
import { readLock } from "./lock.mjs";
import { endProcess } from "./processes.ts";

export { readLock, tryLock, waitForLock } from "./lock.mjs";

/** Ends the process that holds the lock, as Ctrl-C would. @returns what it held the lock for */
export async function endHolder(file: string): Promise<string | undefined> {
  const { holder } = await readLock(file);
  if (holder === undefined || holder.pid === process.pid) {
    return undefined;
  }
  await endProcess(holder);
  return holder.title;
}
