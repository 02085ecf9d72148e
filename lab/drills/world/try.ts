import { CommandFailed, type RunOptions, run } from "../../../system/processes.ts";

/** What came of a command. */
export interface Tried {
  readonly status: number;
  /** All that it printed. */
  readonly words: string;
  readonly seconds: number;
}

/** Runs it to its end, whatever that is. */
export async function tryCommand(
  command: string,
  args: readonly string[],
  { onLine, ...options }: RunOptions,
): Promise<Tried> {
  const began = performance.now();
  const lines: string[] = [];
  const hear = (line: string): void => {
    lines.push(line);
    onLine?.(line);
  };
  const status = await run(command, args, { ...options, onLine: hear }).then(
    () => 0,
    (error: unknown) => {
      if (error instanceof CommandFailed) return error.status;
      throw error;
    },
  );
  return { status, words: lines.join("\n"), seconds: (performance.now() - began) / 1000 };
}
