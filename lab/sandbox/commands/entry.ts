import { UserError } from "../../../system/errors.ts";
import { inWords } from "../../../system/terminal/command-line.ts";
import { diskFault } from "../../toolchain/base/disk.ts";

/** Runs a command of the sandbox: what its user can fix, a disk included, is one message and never a stack trace. */
export function runEntry(main: () => Promise<unknown>): Promise<void> {
  return inWords(main, (error) => {
    const fault = diskFault(error);
    if (fault === undefined) return undefined;
    const { path = "the sandbox's folder" } = error as NodeJS.ErrnoException;
    return new UserError(
      `${path} cannot be written: ${fault}, or name another folder for the sandbox in VLLM_PLATFORM_SANDBOX.`,
    );
  });
}
