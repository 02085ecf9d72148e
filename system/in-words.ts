/** How a command of a person's ends. */
import { UserError } from "./errors.ts";

/**
 * Runs it. What a person can act on ends it in words, with an exit status; a fault of the program is thrown on.
 * @param status of an end in words. @default 1
 */
export async function inWords(work: () => Promise<unknown>, status = 1): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    console.error(error.message);
    process.exitCode = status;
  }
}
