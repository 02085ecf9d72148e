import { UserError } from "../../../system/errors.ts";
import { diskFault } from "../../toolchain/base/disk.ts";

/**
 * Runs a command; `main` returns its exit status. What a user can act on, a disk included, is one message and 1,
 * never a stack trace.
 */
export async function runEntry(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error(messageFor(error));
    process.exitCode = 1;
  }
}

/** @throws the error itself where it is a fault of this program. */
function messageFor(error: unknown): string {
  if (error instanceof UserError) return error.message;
  const fault = diskFault(error);
  if (fault === undefined) throw error;
  const { path = "the sandbox's folder" } = error as NodeJS.ErrnoException;
  return `${path} cannot be written: ${fault}, or name another folder for the sandbox in VLLM_PLATFORM_SANDBOX.`;
}
