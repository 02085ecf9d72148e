import { UserError } from "../../../system/errors.ts";
import { CommandFailed, run } from "../../../system/processes.ts";
import type { Progress } from "../../toolchain/base/progress.ts";

/**
 * Runs npm in a clone, shows what it prints, and tells how long it took, in seconds.
 * @throws UserError with its last lines where it fails.
 */
export async function runNpm(
  { progress, signal }: { progress: Progress; signal: AbortSignal },
  args: readonly string[],
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<{ lines: string[]; seconds: number }> {
  const lines: string[] = [];
  const began = Date.now();
  const onLine = (text: string): void => {
    lines.push(text);
    progress.say(`  | ${text}`);
  };
  try {
    await run("npm", args, { cwd, env, onLine, signal });
    return { lines, seconds: (Date.now() - began) / 1000 };
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new UserError(`npm ${args.join(" ")} failed:\n${error.lines.slice(-40).join("\n")}`);
  }
}
