/** A lock among the processes of this machine: a file that says who holds it. A holder that has ended holds nothing. */
import { link, readFile, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { writeJson } from "./json-file.ts";
import { endProcess, identify } from "./processes.ts";

export interface Holder {
  readonly pid: number;
  readonly identity: string;
  /** What it holds the lock for, in the words of who waits: a command, a clone. */
  readonly title: string;
}

type Release = () => Promise<void>;

/** Takes the lock, or says who holds it. */
export async function tryLock(file: string, title: string): Promise<Release | Holder> {
  const own = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeJson(own, { pid: process.pid, identity: identify(process.pid) ?? "", title } satisfies Holder);
  try {
    for (;;) {
      if (await linked(own, file)) {
        return () => rm(file, { force: true });
      }
      const { holder, ended } = await read(file);
      if (holder !== undefined) {
        return holder;
      }
      if (ended) {
        await removeEnded(file, title);
      }
    }
  } finally {
    await rm(own, { force: true });
  }
}

/** A link is made or refused as one step, with the content already in place. */
async function linked(own: string, file: string): Promise<boolean> {
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      return false;
    }
    throw error;
  }
}

/** One process at a time: a slower one would remove the lock that the quicker one has taken since. */
async function removeEnded(file: string, title: string): Promise<void> {
  const release = await tryLock(`${file}.ended`, title);
  if (typeof release === "object") {
    return sleep(5);
  }
  try {
    if ((await read(file)).ended) {
      await rm(file, { force: true });
    }
  } finally {
    await release();
  }
}

/** Waits until the lock can be taken. @param onWait told once, after a second: most often the other one only looks */
export async function waitForLock(
  file: string,
  title: string,
  { signal, onWait }: { signal?: AbortSignal | undefined; onWait: (holder: Holder) => void },
): Promise<Release> {
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    const answer = await tryLock(file, title);
    if (typeof answer === "function") {
      return answer;
    }
    if (attempt === 4) {
      onWait(answer);
    }
    // The signal's own reason is thrown above.
    await sleep(250, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}

/** Ends the process that holds the lock, as Ctrl-C would. @returns what it held the lock for */
export async function endHolder(file: string): Promise<string | undefined> {
  const { holder } = await read(file);
  if (holder === undefined || holder.pid === process.pid) {
    return undefined;
  }
  await endProcess(holder);
  return holder.title;
}

/** Who holds the lock; `ended`: the file names nobody who still runs, or is half of one. */
async function read(file: string): Promise<{ holder?: Holder; ended: boolean }> {
  try {
    const holder = JSON.parse(await readFile(file, "utf8")) as Holder;
    return identify(holder.pid) === holder.identity ? { holder, ended: false } : { ended: true };
  } catch (error) {
    // Another one has just released it; what cannot be read for another reason is nothing to try again.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return { ended: false };
    }
    if (error instanceof SyntaxError) {
      return { ended: true };
    }
    throw error;
  }
}
