/**
 * Locks that Pulumi's own backends (a folder, a bucket) keep beside a stack in use, and whether their holder is alive: a
 * killed pulumi leaves its lock behind. Pure.
 */

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
