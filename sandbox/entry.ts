import { UserError } from "../toolchain/user-error.ts";

/** Runs a command; \`main\` returns its exit status. A user's error is one message and 1, never a stack trace. */
export async function runEntry(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
