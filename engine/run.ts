/** Running pulumi: the first one on PATH, in the folder of the project, on a leash. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { Ended } from "../system/errors.ts";
import { endOf, onLeash } from "../system/processes.ts";
import { harmless } from "../system/terminal/foreign-text.ts";
import { withTemporary } from "./temporary.ts";

/** How long pulumi may take to finish what is under way and to release its lock once it is told to stop, in seconds. */
const patienceSeconds = 30;

/** What pulumi ended without success, with its own words. */
export class EngineFailed extends Error {
  override readonly name = "EngineFailed";
}

/** Runs pulumi and returns what it printed. @throws EngineFailed with its own words. */
export type RunPulumi = (args: readonly string[], variables?: Record<string, string>) => Promise<string>;

/**
 * @param signal tells pulumi to stop, once: told twice, it ends at once and leaves its lock and its plugins behind.
 * @throws Ended where there is no pulumi on PATH.
 */
export function pulumiRunner(folder: string, signal: AbortSignal): RunPulumi {
  const pulumi = findPulumi(process.env.PATH ?? "");
  const run = async (args: readonly string[], variables: Record<string, string>): Promise<string> => {
    const child = onLeash(pulumi, [...args, "--non-interactive", "--color", "never"], {
      env: { ...process.env, ...variables, PULUMI_OPTION_CWD: folder },
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
      const told = errorsIn(output).join("\n") || errors.trim();
      throw new EngineFailed(harmless(told) || `pulumi ended with status ${status}`);
    }
    return output;
  };
  return async (args, variables = {}) => {
    signal.throwIfAborted();
    return withTemporary((temporary) => run(args, { ...variables, TMPDIR: temporary }));
  };
}

/** What `pulumi preview --json` prints, as far as it is read. */
export interface Preview {
  changeSummary: Record<string, number>;
  diagnostics?: Diagnostic[];
}

interface Diagnostic {
  message: string;
  severity: string;
}

/** The errors in what pulumi prints with `--json`: one object for a preview, a line an event for an update. */
function errorsIn(output: string): string[] {
  const told = parsed(output);
  return (told === undefined ? output.split("\n").flatMap((line) => parsed(line) ?? []) : [told])
    .flatMap(({ diagnostics = [], diagnosticEvent }) => diagnosticEvent ?? diagnostics)
    .flatMap(({ severity, message }) => (severity === "error" ? message.trim() : []));
}

function parsed(text: string): (Partial<Preview> & { diagnosticEvent?: Diagnostic }) | undefined {
  try {
    return JSON.parse(text) as Preview;
  } catch {
    return undefined; // another line, or one that a killed pulumi has not ended
  }
}

/** The first pulumi of a PATH, in full. */
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
  throw new Ended(
    "usage",
    'There is no pulumi on PATH: install it (https://www.pulumi.com/docs/install/), or use the sandbox\'s shell (npm start, then eval "$(npm run -s env)").',
  );
}
