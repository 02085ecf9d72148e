/** How the programs of command resources begin and end. */

/**
 * Runs a program with what its resource hands over as JSON in a variable. What it returns is the exit status, 0 by itself; an
 * error is told in words on standard error, and is status 1.
 */
export async function runProgram<Input>(
  variable: string,
  program: (input: Input) => Promise<number | undefined>,
): Promise<void> {
  try {
    process.exitCode = (await program(JSON.parse(process.env[variable] ?? "{}") as Input)) ?? 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
