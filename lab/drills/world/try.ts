import { CommandFailed, run } from "../../../system/processes.ts";

/** What came of a `gpu-mode`. */
export interface Tried {
  readonly status: number;
  /** All that it printed. */
  readonly words: string;
  readonly seconds: number;
}

/** Runs it to its end, whatever that is. @param onLine gets each line as it is printed */
export async function tryGpuMode(
  env: NodeJS.ProcessEnv,
  args: readonly string[],
  onLine?: (line: string) => void,
): Promise<Tried> {
  const began = performance.now();
  const lines: string[] = [];
  const hear = (line: string): void => {
    lines.push(line);
    onLine?.(line);
  };
  const status = await run("gpu-mode", args, { env, onLine: hear }).then(
    () => 0,
    (error: unknown) => {
      if (error instanceof CommandFailed) return error.status;
      throw error;
    },
  );
  return { status, words: lines.join("\n"), seconds: (performance.now() - began) / 1000 };
}
