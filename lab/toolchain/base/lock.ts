import { readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import lockfile from "proper-lockfile";
import { identify } from "../../../system/processes.ts";
import { cacheFolder } from "./cache.ts";
import type { Progress } from "./progress.ts";

const clone = fileURLToPath(new URL("../../..", import.meta.url));

/** Who holds a lock, for whoever waits for it. */
interface Holder {
  pid: number;
  identity: string | undefined;
  clone: string;
}

/** Runs something that only one process of this user may do at a time, and says for whom it waits. */
export async function withLock<T>(
  { name, progress, signal }: { name: string; progress: Progress; signal?: AbortSignal },
  run: () => Promise<T>,
): Promise<T> {
  const folder = join(cacheFolder(), "locks");
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  const holderFile = `${path}.holder`;
  const release = await acquire(
    path,
    holderFile,
    (holder) => {
      progress.say(
        `Waiting for ${name}, which ${holder === undefined ? "another process" : `process ${holder.pid} (of ${holder.clone})`} is bringing into the cache.`,
      );
    },
    signal,
  );
  try {
    const holder: Holder = { pid: process.pid, identity: identify(process.pid), clone };
    await writeFile(holderFile, JSON.stringify(holder));
    return await run();
  } finally {
    await rm(holderFile, { force: true });
    await release();
  }
}

async function acquire(
  path: string,
  holderFile: string,
  onWait: (holder: Holder | undefined) => void,
  signal: AbortSignal | undefined,
): Promise<() => Promise<void>> {
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      // A holder renews its lock every few seconds; one that was killed is noticed when it has not.
      return await lockfile.lock(path, { realpath: false, stale: 10_000 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ELOCKED") {
        throw error;
      }
    }
    const holder = readHolder(holderFile);
    const killed = holder !== undefined && identify(holder.pid) !== holder.identity;
    // The first moments are not worth a line: most often the other one only looks.
    if (attempt === 4 && !killed) {
      onWait(holder);
    }
    await sleep(250, undefined, signal === undefined ? {} : { signal });
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}
