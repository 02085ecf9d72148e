/**
 * Locks that Pulumi's own backends (a folder, a bucket) keep beside a stack in use. A killed pulumi leaves its lock behind: it is
 * recognised by its dead holder and cleared. A living one never is.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { homedir, hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { Ended } from "../system/errors.ts";
import { startedAt } from "../system/identify.mjs";
import { backendFolder } from "./files.ts";
import type { RunPulumi } from "./run.ts";

/** A lock, by what it says of its holder. */
export interface PulumiLock {
  readonly pid: number;
  readonly hostname: string;
  /** When it was written, as ISO 8601. */
  readonly timestamp: string;
}

/** A lock as the error of a pulumi names it that found the stack locked. */
export interface NamedLock extends PulumiLock {
  readonly username: string;
  /** Path of the lock's file; undefined where the backend is no folder of this machine. */
  readonly file: string | undefined;
}

export interface ThisMachine {
  readonly hostname: string;
  /** When a process was started, in milliseconds since 1970; undefined where there is no such process. */
  readonly startedAt: (pid: number) => number | undefined;
}

/** How far a process's start and the time in its lock can be apart by rounding, in milliseconds. */
const rounding = 1000;

/**
 * Whether a lock is held. One of another machine counts as held, as nothing can be known of its holder. A zombie holds
 * nothing, and neither does a later process that was given the holder's id.
 */
export function isHeld({ pid, hostname, timestamp }: PulumiLock, machine: ThisMachine): boolean {
  if (hostname !== machine.hostname) {
    return true;
  }
  const began = machine.startedAt(pid);
  return began !== undefined && began <= Date.parse(timestamp) + rounding;
}

/** `<url>: created by <user>@<host> (pid <id>) at <time>`, the line that Pulumi prints for each lock. */
const lockLine = /^\s*(\S+): created by ([^@\s]*)@(\S+) \(pid (\d+)\) at (\S+)\s*$/;

/** The locks that pulumi's error names. Empty where the text is of another error. */
export function namedLocks(errorText: string): NamedLock[] {
  return errorText.split("\n").flatMap((line) => {
    const [, url = "", username = "", hostname = "", pid = "", timestamp = ""] = lockLine.exec(line) ?? [];
    return pid === "" || Number.isNaN(Date.parse(timestamp))
      ? []
      : [{ pid: Number(pid), username, hostname, timestamp, file: fileOf(url) }];
  });
}

function fileOf(url: string): string | undefined {
  const parsed = URL.parse(url);
  return parsed?.protocol === "file:" && parsed.host === "" ? decodeURIComponent(parsed.pathname) : undefined;
}

/** Whether an error of pulumi's says that the stack is in use: by a lock, or in Pulumi's own service. */
export function isLocked(errorText: string): boolean {
  return /the stack is currently locked by|Conflict: Another update is currently in progress/.test(errorText);
}

/**
 * Clears the locks that an error names if all their holders are dead.
 * @throws Ended where one of them is alive, or is another machine's.
 */
export async function clearStaleLocks(
  stack: string,
  errorText: string,
  { run, say }: { run: RunPulumi; say: (text: string) => void },
): Promise<void> {
  const locks = namedLocks(errorText);
  const held = locks.find((lock) => isHeld(lock, { hostname: hostname(), startedAt }));
  if (held !== undefined || locks.length === 0) {
    const holder =
      held === undefined
        ? "another update is under way"
        : `pulumi of ${held.username} on ${held.hostname} (process ${held.pid}) holds its lock since ${held.timestamp}`;
    throw new Ended(
      "locked",
      `Stack ${stack} is locked: ${holder}. Wait until it has ended. A lock of another machine that is certainly gone is cleared by: pulumi cancel -s ${stack}`,
    );
  }
  for (const { file } of locks) {
    if (file === undefined) {
      await run(["cancel", "--yes", "--stack", stack]);
    } else {
      // Exactly this lock: `pulumi cancel` would take one away that was made since.
      await Promise.all([file, `${file}.attrs`].map((path) => rm(path, { force: true })));
    }
  }
  const killed = [...new Set(locks.map(({ pid }) => pid))].join(", ");
  say(`Stack ${stack} was locked by a pulumi that has been killed (process ${killed}); it is free again.`);
}

/** A lock's file as it is written. */
type Holder = PulumiLock & { readonly username: string };

/**
 * Who is at work on a stack, where the backend is a folder of this machine; undefined where nobody is, and for every other backend,
 * which tells it only to who wants the lock.
 * @param url of the backend, as `pulumi whoami --json` gives it
 */
export async function heldLock(url: string, cwd: string, stack: string): Promise<Holder | undefined> {
  const folder = backendFolder(url, { home: homedir(), cwd });
  const locks = join(folder ?? "", ".pulumi", "locks");
  const names = folder === undefined ? [] : await readdir(locks, { recursive: true }).catch(() => []);
  const files = names.filter((name) => name.endsWith(".json") && basename(dirname(name)) === stack);
  const found = await Promise.all(
    files.map(async (name) => {
      try {
        return JSON.parse(await readFile(join(locks, name), "utf8")) as Holder;
      } catch {
        return undefined; // gone meanwhile, or cut off: it then holds nothing
      }
    }),
  );
  return found.find((lock) => lock !== undefined && isHeld(lock, { hostname: hostname(), startedAt }));
}
