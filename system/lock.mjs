// A lock among the processes of this machine: a file that says who holds it. A holder that has ended holds nothing. Plain
// JavaScript, because the bootstrap needs it on any Node.js from 20.19.
import { link, readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { identify } from "./identify.mjs";

/**
 * @typedef {object} Holder
 * @property {number} pid
 * @property {string} identity
 * @property {string} title what it holds the lock for, in the words of who waits: a command, a clone
 */

/** @typedef {() => Promise<void>} Release */

/**
 * Takes the lock, or says who holds it.
 *
 * @param {string} file
 * @param {string} title
 * @returns {Promise<Release | Holder>}
 */
export async function tryLock(file, title) {
  const own = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  const holder = { pid: process.pid, identity: identify(process.pid) ?? "", title };
  await writeFile(own, JSON.stringify(holder), { mode: 0o600 });
  try {
    for (;;) {
      if (await linked(own, file)) {
        return () => rm(file, { force: true });
      }
      const { holder, ended } = await readLock(file);
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

/**
 * A link is made or refused as one step, with the content already in place.
 *
 * @param {string} own
 * @param {string} file
 */
async function linked(own, file) {
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") {
      return false;
    }
    throw error;
  }
}

/**
 * One process at a time: a slower one would remove the lock that the quicker one has taken since.
 *
 * @param {string} file
 * @param {string} title
 * @returns {Promise<void>}
 */
async function removeEnded(file, title) {
  const release = await tryLock(`${file}.ended`, title);
  if (typeof release === "object") {
    return sleep(5);
  }
  try {
    if ((await readLock(file)).ended) {
      await rm(file, { force: true });
    }
  } finally {
    await release();
  }
}

/**
 * Waits until the lock can be taken.
 *
 * @param {string} file
 * @param {string} title
 * @param {object} options
 * @param {AbortSignal | undefined} [options.signal] gives it up; it then rejects with the signal's reason
 * @param {(holder: Holder) => void} options.onWait told once, after a second: most often the other one only looks
 * @returns {Promise<Release>}
 */
export async function waitForLock(file, title, { signal, onWait }) {
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

/**
 * Who holds the lock; `ended`: the file names nobody who still runs, or is half of one.
 *
 * @param {string} file
 * @returns {Promise<{ holder?: Holder; ended: boolean }>}
 */
export async function readLock(file) {
  try {
    const holder = /** @type {Holder} */ (JSON.parse(await readFile(file, "utf8")));
    return identify(holder.pid) === holder.identity ? { holder, ended: false } : { ended: true };
  } catch (error) {
    // Another one has just released it; what cannot be read for another reason is nothing to try again.
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") {
      return { ended: false };
    }
    if (error instanceof SyntaxError) {
      return { ended: true };
    }
    throw error;
  }
}
