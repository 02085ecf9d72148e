/** What the scripts have in common: options, words on standard error, exit statuses. */
import { parseArgs } from "node:util";

/** `refused`: the report is none that may be posted. */
export const exits = { done: 0, failed: 1, usage: 2, refused: 3 } as const;

/** An end other than success, told by its message alone. */
export class Failure extends Error {
  readonly exit: number;
  constructor(message: string, exit: number = exits.failed) {
    super(message);
    this.exit = exit;
  }
}

interface Option {
  /** What `--help` says of it. */
  readonly text: string;
  /** Without one the option has to be given. */
  readonly usual?: string;
}

export interface Script<Name extends string> {
  /** By which it is started, such as `ci/drift-issue.ts`. */
  readonly name: string;
  /** What it does, and how it ends. */
  readonly help: string;
  readonly options: Readonly<Record<Name, Option>>;
  /** Whether a command stands behind `--`. @default false */
  readonly command?: boolean;
}

/**
 * Runs a script: reads its options, prints what it says, and sets the exit status.
 * @param main gets the options and the command; returns the sentence for the person.
 */
export async function script<Name extends string>(
  { name, help, options, command = false }: Script<Name>,
  main: (values: Record<Name, string>, command: readonly string[]) => Promise<string>,
): Promise<void> {
  const all = Object.entries<Option>(options);
  try {
    const { values, positionals } = parsed(name, all, command);
    if (values.help === true) {
      console.log(helpText(name, help, all, command));
      return;
    }
    const missing = all.filter(([key, { usual }]) => (values[key] ?? usual) === undefined);
    const needed = [
      ...missing.map(([key]) => `--${key}`),
      ...(command && positionals.length === 0 ? ["a command behind --"] : []),
    ];
    if (needed.length > 0) throw usage(name, `${needed.join(" and ")} must be given.`);
    const given = all.map(([key, { usual }]) => [key, values[key] ?? usual]);
    console.error(await main(Object.fromEntries(given) as Record<Name, string>, positionals));
  } catch (error) {
    console.error(withoutSecrets(error instanceof Failure ? error.message : wordsOf(error)));
    process.exitCode = error instanceof Failure ? error.exit : exits.failed;
  }
}

function parsed(
  name: string,
  options: readonly (readonly [string, Option])[],
  command: boolean,
): { values: Record<string, string | boolean | undefined>; positionals: string[] } {
  const strings = options.map(([key]) => [key, { type: "string" as const }] as const);
  try {
    return parseArgs({
      options: { ...Object.fromEntries(strings), help: { type: "boolean" } },
      allowPositionals: command,
    });
  } catch (error) {
    throw usage(name, wordsOf(error));
  }
}

const usage = (name: string, problem: string): Failure =>
  new Failure(`${problem} See: node ${name} --help`, exits.usage);

function helpText(
  name: string,
  help: string,
  options: readonly (readonly [string, Option])[],
  command: boolean,
): string {
  const widest = Math.max(...options.map(([key]) => key.length));
  const lines = options.map(([key, { text, usual }]) => {
    const behind = usual === undefined ? "" : ` (default: ${usual === "" ? "none" : usual})`;
    return `  --${key.padEnd(widest)}  ${text}${behind}`;
  });
  return [`Usage: node ${name} [options]${command ? " -- <command>" : ""}`, "", help, "", ...lines].join(
    "\n",
  );
}

/** What an error says, with what it was caused by: `fetch failed` alone tells nobody anything. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${wordsOf(error.cause)}`;
}

/** Whatever a server or a library says, what must not be read in a log is not in it. */
function withoutSecrets(text: string): string {
  const secrets = [process.env.GITHUB_TOKEN, process.env.DRIFT_WEBHOOK_URL];
  return secrets.reduce<string>(
    (all, secret) => (secret === undefined || secret === "" ? all : all.replaceAll(secret, "•••")),
    text,
  );
}
