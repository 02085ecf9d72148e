import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { endProcess, identify } from "../toolchain/processes.ts";
import { readJson, writeJson } from "./json-file.ts";
import type { SandboxPaths } from "./paths.ts";

/** A process of this sandbox. `identity` tells it from a later process that was given the same id. */
export interface SandboxProcess {
  readonly name: string;
  readonly pid: number;
  readonly identity: string;
}

/** The daemon's name in the list of processes, and the argument by which it is recognised. */
export const daemonName = "daemon";
export const daemonArgument = (paths: SandboxPaths): string => `--sandbox=${paths.dir}`;

/**
 * The processes of this sandbox that run now: those recorded at the last start, and those that a crash prevented
 * from being recorded. The latter are recognised by the path of their executable, which lies in this sandbox's own
 * folder (kwokctl runs the components through links there), never by a name.
 */
export async function runningProcesses(paths: SandboxPaths): Promise<SandboxProcess[]> {
  const found = new Map<number, SandboxProcess>();
  for (const recorded of (await readJson<SandboxProcess[]>(paths.processes)) ?? []) {
    if (identify(recorded.pid) === recorded.identity) found.set(recorded.pid, recorded);
  }
  for (const { pid, args } of listProcesses()) {
    const name = found.has(pid) ? undefined : nameIfOurs(paths, args);
    const identity = name === undefined ? undefined : identify(pid);
    if (name !== undefined && identity !== undefined) found.set(pid, { name, pid, identity });
  }
  return [...found.values()];
}

/** Remembers what runs, so that it is found again even if the folder is moved meanwhile. */
export async function recordProcesses(paths: SandboxPaths): Promise<SandboxProcess[]> {
  const running = await runningProcesses(paths);
  await writeJson(paths.processes, running);
  return running;
}

/**
 * Ends the sandbox's processes (all, or those named) and waits for them. etcd is ended last, when nobody asks it
 * anything any more.
 */
export async function endProcesses(
  paths: SandboxPaths,
  names?: readonly string[],
): Promise<SandboxProcess[]> {
  const running = await runningProcesses(paths);
  const chosen = running.filter((one) => names === undefined || names.includes(one.name));
  await Promise.all(chosen.filter((one) => one.name !== "etcd").map((one) => endProcess(one)));
  await Promise.all(chosen.filter((one) => one.name === "etcd").map((one) => endProcess(one)));
  const ended = new Set(chosen.map((one) => one.pid));
  const left = running.filter((one) => !ended.has(one.pid));
  // Where the folder is gone there is nothing to remember.
  if (existsSync(paths.dir)) await writeJson(paths.processes, left);
  return chosen;
}

function nameIfOurs(paths: SandboxPaths, args: readonly string[]): string | undefined {
  const executables = `${join(paths.clusterDir, "bin")}/`;
  if (args[0]?.startsWith(executables)) return basename(args[0]);
  return args.includes(daemonArgument(paths)) ? daemonName : undefined;
}

interface ListedProcess {
  readonly pid: number;
  readonly args: readonly string[];
}

function listProcesses(): ListedProcess[] {
  return process.platform === "linux" ? listProcessesOfLinux() : listProcessesByPs();
}

function listProcessesOfLinux(): ListedProcess[] {
  const listed: ListedProcess[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      listed.push({ pid: Number(entry), args: readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0") });
    } catch {
      // It ended meanwhile.
    }
  }
  return listed;
}

/** Where there is no /proc. Arguments with spaces are cut apart, which at worst leaves a process unrecognised. */
function listProcessesByPs(): ListedProcess[] {
  const lines = execFileSync("ps", ["-axww", "-o", "pid=,command="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const match = /^\s*(\d+)\s+(.*)$/.exec(line);
    return match?.[1] && match[2] ? [{ pid: Number(match[1]), args: match[2].split(" ") }] : [];
  });
}
