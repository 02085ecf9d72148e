// Runs test files by mocha in a process of their own, and says how they went.
import { CommandFailed, run } from "../../system/processes.ts";

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What mocha printed of each failure; where it did not run to its end, the last that it printed. */
  readonly failures: readonly string[];
}

export interface RunOptions {
  /** Gets each line that mocha prints. */
  onLine: (line: string) => void;
  signal?: AbortSignal | undefined;
  /** Files at once, each in a process of its own. @default 1 */
  jobs?: number;
  /** Only tests with this in their titles. */
  grep?: string | undefined;
}

/** Lines of a run that broke off: enough for an error with its stack. */
const lastLines = 40;

/**
 * Runs files by mocha.
 * @returns the counts; one failure more where mocha did not run to its end, or ran no test at all.
 */
export async function runMocha(
  files: readonly string[],
  { onLine, signal, jobs = 1, grep }: RunOptions,
): Promise<Outcome> {
  const lines: string[] = [];
  const parallel = jobs > 1 ? ["--parallel", "--jobs", String(jobs)] : [];
  const some = grep === undefined ? [] : ["--grep", grep];
  const args = ["--timeout", "180000", "--exit", "--reporter", "spec", ...parallel, ...some, ...files];
  const status = await run("mocha", args, {
    onLine: (line) => {
      lines.push(line);
      onLine(line);
    },
    ...(signal === undefined ? {} : { signal }),
  }).then(
    () => 0,
    (error: unknown) => {
      if (error instanceof CommandFailed) return error.status;
      throw error;
    },
  );
  return countOutcome(lines, status);
}

/** Reads the counts that mocha's reporter `spec` prints at its end. */
export function countOutcome(lines: readonly string[], status: number): Outcome {
  const count = (word: string): number | undefined => {
    const pattern = new RegExp(`^ {2}(\\d+) ${word}\\b`);
    const found = lines.findLast((line) => pattern.test(line));
    return found === undefined ? undefined : Number(pattern.exec(found)?.[1]);
  };
  const failed = count("failing") ?? 0;
  const passed = count("passing");
  const complete = passed !== undefined && passed + failed > 0 && (status === 0) === (failed === 0);
  const details = lines.findLastIndex((line) => /^ {2}\d+ failing\b/.test(line));
  return {
    passed: passed ?? 0,
    failed: failed + (complete ? 0 : 1),
    skipped: count("pending") ?? 0,
    failures: complete ? (failed === 0 ? [] : lines.slice(details + 1)) : lines.slice(-lastLines),
  };
}
