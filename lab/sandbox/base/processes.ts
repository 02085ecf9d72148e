import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { readJson, writeJson } from "../../../system/json-file.ts";
import { type Ending, endProcess, identify } from "../../../system/processes.ts";
import { nodeArgument } from "../../node/spec.ts";
import type { SandboxPaths } from "./paths.ts";

/** A process of this sandbox. `identity` tells it from a later process that was given the same id. */
export interface SandboxProcess {
  readonly name: string;
  readonly pid: number;
  readonly identity: string;
}

/** What runs the real node, in the list of processes. */
export const nodeName = "node";

/** The daemon's name in the list of processes, and the argument by which it is recognised. */
export const daemonName = "daemon";
export const daemonArgument = (paths: SandboxPaths): string => `--sandbox=${paths.dir}`;

/**
 * The processes of this sandbox that run now: those recorded at the last start, and those that a crash prevented
 * from being recorded. The latter are recognised by the path of their executable, which lies in this sandbox's own
 * folder (kwokctl runs the components through links there), never by a name. So are the plugins of a pulumi that was
 * killed: the Kubernetes provider does not notice that, and would stay for ever.
 */
export async function runningProcesses(paths: SandboxPaths): Promise<SandboxProcess[]> {
  const found = new Map<number, SandboxProcess>();
  for (const recorded of (await readJson<SandboxProcess[]>(paths.processes)) ?? []) {
    if (identify(recorded.pid) === recorded.identity) found.set(recorded.pid, recorded);
  }
  const listed = listProcesses();
  for (const { pid, args } of listed) {
    const name = found.has(pid) ? undefined : nameIfOurs(paths, args);
    const identity = name === undefined ? undefined : identify(pid);
    if (name !== undefined && identity !== undefined) found.set(pid, { name, pid, identity });
  }
  for (const plugin of leftPlugins(paths, listed)) found.set(plugin.pid, plugin);
  return [...found.values()];
}

/** Ends the plugins that a killed pulumi has left; those of one that lives are its own matter. */
export async function endLeftPlugins(paths: SandboxPaths): Promise<void> {
  await Promise.all(leftPlugins(paths, listProcesses()).map((plugin) => endProcess(plugin)));
}

function leftPlugins(paths: SandboxPaths, listed: readonly ListedProcess[]): SandboxProcess[] {
  const nameOf = ({ args }: ListedProcess): string => basename(args[0] ?? "");
  const pulumis = new Set(listed.filter((one) => nameOf(one) === "pulumi").map(({ pid }) => pid));
  return listed.flatMap((one) => {
    const { pid, parent, args } = one;
    const ours =
      args[0]?.startsWith(`${join(paths.pulumiHome, "plugins")}/`) ||
      (nameOf(one).startsWith("pulumi-language-") && hasVariable(pid, `PULUMI_HOME=${paths.pulumiHome}`));
    const identity = ours && !pulumis.has(parent) ? identify(pid) : undefined;
    return identity === undefined ? [] : [{ name: nameOf(one), pid, identity }];
  });
}

/** The language host's executable is all clones' own. Without /proc it is not told apart; it looks for its pulumi every 5 minutes. */
function hasVariable(pid: number, variable: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(variable);
  } catch {
    return false;
  }
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
  how?: Ending,
): Promise<SandboxProcess[]> {
  const running = await runningProcesses(paths);
  const chosen = running.filter((one) => names === undefined || names.includes(one.name));
  await Promise.all(chosen.filter((one) => one.name !== "etcd").map((one) => endProcess(one, how)));
  await Promise.all(chosen.filter((one) => one.name === "etcd").map((one) => endProcess(one, how)));
  const ended = new Set(chosen.map((one) => one.pid));
  const left = running.filter((one) => !ended.has(one.pid));
  // Where the folder is gone, or nothing was ever started in it, there is nothing to remember.
  if (existsSync(paths.processes)) await writeJson(paths.processes, left);
  return chosen;
}

function nameIfOurs(paths: SandboxPaths, args: readonly string[]): string | undefined {
  const executables = `${join(paths.clusterDir, "bin")}/`;
  if (args[0]?.startsWith(executables)) return basename(args[0]);
  if (args.includes(nodeArgument(paths.node))) return nodeName;
  return args.includes(daemonArgument(paths)) ? daemonName : undefined;
}

interface ListedProcess {
  readonly pid: number;
  readonly parent: number;
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
      // After the name in parentheses: the state, and the parent.
      const [, parent] = readFileSync(`/proc/${entry}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      const args = readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0");
      listed.push({ pid: Number(entry), parent: Number(parent), args });
    } catch {
      // It ended meanwhile.
    }
  }
  return listed;
}

/** Where there is no /proc. Arguments with spaces are cut apart, which at worst leaves a process unrecognised. */
function listProcessesByPs(): ListedProcess[] {
  const lines = execFileSync("ps", ["-axww", "-o", "pid=,ppid=,command="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return command ? [{ pid: Number(pid), parent: Number(parent), args: command.split(" ") }] : [];
  });
}
