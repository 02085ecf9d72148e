// A command of the tests that runs, and what it ended with.
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has printed so far. @param stream default standard output */
  printed(stream?: "stdout" | "stderr"): string;
}

/** Starts a command. @param stdin `pipe` for one that is told something */
export function begin(
  command: string,
  args: readonly string[],
  { stdin = "ignore", ...options }: SpawnOptions & { stdin?: "ignore" | "pipe" },
): Running {
  const child: ChildProcess = spawn(command, [...args], { ...options, stdio: [stdin, "pipe", "pipe"] });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (part: string) => {
      text[name] += part;
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...text }));
  });
  return { child, ended, printed: (stream = "stdout") => text[stream] };
}
