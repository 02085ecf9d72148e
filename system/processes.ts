import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { identify } from "./identify.mjs";

export { identify, startedAt } from "./identify.mjs";

const leash = fileURLToPath(new URL("leash.mjs", import.meta.url));

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Ends the command when it fires; `run` then rejects with the signal's reason, after the command has ended. */
  signal?: AbortSignal;
  /** Called with each line that the command prints, on either stream. */
  onLine?: (line: string) => void;
}

/** A command that ended with another status than 0. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
  readonly status: number;
  /** Its last lines, at most 200. */
  readonly lines: readonly string[];

  constructor(command: string, status: number, lines: readonly string[]) {
    super(`${command} ended with status ${status}: ${lines.at(-1) ?? "it printed nothing"}`);
    this.status = status;
    this.lines = lines;
  }
}

/**
 * Runs a command that never outlives this process: its process group ends with us, also after `kill -9`.
 * Resolves with its last 200 lines.
 * @throws CommandFailed on another exit status than 0.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string[]> {
  const { cwd, env, signal, onLine } = options;
  signal?.throwIfAborted();
  const child = onLeash(command, args, { cwd, env });
  const letGo = () => child.stdin.end();
  signal?.addEventListener("abort", letGo, { once: true });
  const lines: string[] = [];
  const keep = (line: string) => {
    lines.push(line);
    if (lines.length > 200) {
      lines.shift();
    }
    onLine?.(line);
  };
  createInterface({ input: child.stdout }).on("line", keep);
  createInterface({ input: child.stderr }).on("line", keep);
  const status = await endOf(child);
  signal?.removeEventListener("abort", letGo);
  signal?.throwIfAborted();
  if (status !== 0) {
    throw new CommandFailed(command, status, lines);
  }
  return lines;
}

/**
 * Starts a command that never outlives this process, also after `kill -9`. Closing its standard input asks it to stop.
 * @param patienceSeconds how long it may take to stop until it is ended by force. @default 10
 */
export function onLeash(
  command: string,
  args: readonly string[],
  {
    patienceSeconds = 10,
    ...options
  }: { cwd?: string | undefined; env?: NodeJS.ProcessEnv | undefined; patienceSeconds?: number },
): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn(process.execPath, [leash, String(patienceSeconds), command, ...args], {
    ...options,
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
}

export interface FinishOptions {
  cwd?: string | undefined;
  env?: NodeJS.ProcessEnv;
  /** What it reads from standard input. */
  input?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a short command to its end, whatever its status. @throws where there is no such command */
export async function finish(
  command: string,
  args: readonly string[],
  { input = "", ...options }: FinishOptions = {},
): Promise<Finished> {
  const child = spawn(command, [...args], { ...options, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => {}); // It may end before it has read all of it; its status tells why.
  child.stdin.end(input);
  const [status, stdout, stderr] = await Promise.all([endOf(child), text(child.stdout), text(child.stderr)]);
  return { status, stdout, stderr };
}

/** What a short command printed. @throws Error with its own words where its status is not 0 */
export async function outputOf(...command: Parameters<typeof finish>): Promise<string> {
  const { status, stdout, stderr } = await finish(...command);
  if (status !== 0) {
    throw new Error(
      `${command[0]} ${command[1].join(" ")} ended with status ${status}: ${stderr.trim() || stdout.trim()}`,
    );
  }
  return stdout;
}

/** The exit status of a program once it has ended and all that it printed has been read; 1 for one that a signal ended. */
export function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

const patienceSeconds = 5;

/** By force is for what leaves nothing behind that anybody will read. */
export type Ending = "politely" | "by force";

/** Ends exactly that process and waits for its end; politely, it has 5 s before it is ended by force. */
export async function endProcess(
  { pid, identity }: { pid: number; identity: string },
  how: Ending = "politely",
): Promise<void> {
  const signals = how === "politely" ? (["SIGTERM", "SIGKILL"] as const) : (["SIGKILL"] as const);
  for (const signal of signals) {
    if (identify(pid) !== identity) {
      return;
    }
    process.kill(pid, signal);
    for (let waited = 0; waited < patienceSeconds * 20 && identify(pid) === identity; waited++) {
      await sleep(50);
    }
  }
}
