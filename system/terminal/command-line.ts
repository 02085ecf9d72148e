/** How a command of a person's is read, and how it ends: the same for every command of the project. */
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { Ended, exitCodes, RefusedError, UserError } from "../errors.ts";

/**
 * A command by the name that a person types. It knows `--help` and refuses words that it does not know.
 * `parseAsync` throws CommanderError at its end, for help too, and never ends the process.
 */
export function newCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .showHelpAfterError(`(${name} --help tells more)`)
    .exitOverride();
}

/** An option's value that counts something. @throws InvalidArgumentError where it is none of 1, 2, 3, … */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) {
    throw new InvalidArgumentError("It must be a whole number of at least 1.");
  }
  return number;
}

/**
 * Runs it. What a person can act on ends it in words with the exit status that such an end has in every command; a fault of
 * the program is thrown on.
 * @param explain puts another error in words; undefined where it is a fault of the program. @default none is
 */
export async function inWords(
  work: () => Promise<unknown>,
  explain: (error: unknown) => UserError | undefined = () => undefined,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = statusOf(error); // Commander has told it
      return;
    }
    const told = error instanceof UserError ? error : explain(error);
    if (told === undefined) {
      throw error;
    }
    console.error(told.message);
    process.exitCode = statusOf(told);
  }
}

/** The exit status of such an end. */
export function statusOf(error: UserError | CommanderError): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  return error instanceof Ended
    ? exitCodes[error.exit]
    : error instanceof RefusedError
      ? exitCodes.refused
      : exitCodes.failed;
}
