import { UserError } from "../system/errors.ts";
import { CommandFailed, type RunOptions, run } from "../system/processes.ts";

/**
 * Runs a command of a build. @param hint a sentence for the person, where it fails
 * @throws UserError with what the command said last
 */
export async function runStep(
  title: string,
  command: string,
  args: readonly string[],
  { hint, ...options }: RunOptions & { hint?: string } = {},
): Promise<string[]> {
  try {
    return await run(command, args, options);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const said = error.lines.slice(-5).join("\n");
    const more = hint === undefined ? "" : ` ${hint}`;
    throw new UserError(`${title} failed: ${command} ended with status ${error.status}.${more}\n${said}`);
  }
}
