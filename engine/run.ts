/** Running pulumi: the first one on PATH, in the folder of the project, on a leash. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { endOf, onLeash } from "../system/processes.ts";
import { harmless } from "../system/terminal/foreign-text.ts";
import { noPulumi } from "./no-pulumi.ts";
import { problemsIn } from "./problems.ts";
import { withTemporary } from "./temporary.ts";

/** How long pulumi may take to finish what is under way and to release its lock once it is told to stop, in seconds. */
const patienceSeconds = 30;

/** What pulumi ended without success, with its own words. */
export class EngineFailed extends Error {
  override readonly name = "EngineFailed";
  /** What it printed on standard output. */
  readonly output: string;

  constructor(message: string, output = "") {
    super(message);
    this.output = output;
  }
}

/** Runs pulumi and returns what it printed. @throws EngineFailed with its own words. */
export type RunPulumi = (args: readonly string[], variables?: Record<string, string>) => Promise<string>;

/**
 * @param environment in which it runs, and by whose PATH it is found.
 * @param signal tells pulumi to stop, once: told twice, it ends at once and leaves its lock and its plugins behind.
 * @throws RefusedError where there is no pulumi on PATH.
 */
export function pulumiRunner(
  folder: string,
  signal: AbortSignal,
  environment: NodeJS.ProcessEnv = process.env,
): RunPulumi {
  const pulumi = findPulumi(environment.PATH ?? "");
  const run = async (args: readonly string[], variables: Record<string, string>): Promise<string> => {
    // Asked to stop while its folder was made, nobody would tell pulumi any more.
    signal.throwIfAborted();
    const child = onLeash(pulumi, [...args, "--non-interactive", "--color", "never"], {
      env: { ...environment, ...variables, PULUMI_OPTION_CWD: folder },
      patienceSeconds,
    });
    const stop = (): void => void child.stdin.end();
    signal.addEventListener("abort", stop);
    const [status, output, errors] = await Promise.all([
      endOf(child),
      text(child.stdout),
      text(child.stderr),
    ]);
    signal.removeEventListener("abort", stop);
    if (status !== 0) {
      const words = harmless(problemsIn(output, errors).join("\n")) || silentEnd(status);
      throw new EngineFailed(words, output);
    }
    return output;
  };
  return (args, variables = {}) =>
    withTemporary((temporary) => run(args, { ...variables, TMPDIR: temporary }));
}

/** How a shell, and the leash, tell that a signal ended a program: this and the signal's number. */
const endedBySignal = 128;

/** Why pulumi did not succeed, where it said nothing of it. */
function silentEnd(status: number): string {
  return status > endedBySignal
    ? `pulumi was ended from outside (status ${status}), as it happens where the machine runs out of memory`
    : `pulumi ended with status ${status}, and said nothing`;
}

/** The first pulumi of a PATH, in full. @throws RefusedError */
export function findPulumi(path: string): string {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, process.platform === "win32" ? "pulumi.exe" : "pulumi");
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) {
        return file;
      }
    } catch {
      // not in this one
    }
  }
  throw noPulumi();
}
