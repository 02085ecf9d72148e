/** What pulumi calls an error, whichever way it prints it, as the sentences of a person. Pure. */

/** As much as is read of what pulumi prints with `--json`: one object for a preview, a line an event for an update. */
interface Told {
  diagnostics?: Diagnostic[];
  diagnosticEvent?: Diagnostic;
}

interface Diagnostic {
  message: string;
  severity: string;
}

/**
 * The errors that pulumi told, each once and without what only announces them: `1 error occurred:`, `update failed`.
 * @param output what it printed with `--json`
 * @param errors what it printed on standard error, where it tells what kept it from beginning
 */
export function problemsIn(output: string, errors: string): string[] {
  const told = diagnosticsIn(output);
  return problemsOf(told.length > 0 ? told : errorsOf(errors));
}

/** The problems that pulumi's messages of errors hold. */
export function problemsOf(messages: readonly string[]): string[] {
  const problems = [...new Set(messages.flatMap(parts))];
  const telling = problems.filter((problem) => !isClosing(problem));
  return telling.length > 0 ? telling : problems;
}

function diagnosticsIn(output: string): string[] {
  const whole = parsed(output);
  return (whole === undefined ? output.split("\n").flatMap((line) => parsed(line) ?? []) : [whole])
    .flatMap(({ diagnostics = [], diagnosticEvent }) => diagnosticEvent ?? diagnostics)
    .flatMap(({ severity, message }) => (severity === "error" ? message : []));
}

function parsed(text: string): Told | undefined {
  try {
    return JSON.parse(text) as Told;
  } catch {
    return undefined; // another line, or one that a killed pulumi has not ended
  }
}

/** Each `error: …`, with the lines that belong to it; all of the text where nothing is called so. */
function errorsOf(text: string): string[] {
  const [, ...found] = `\n${text}`.split(/\nerror: /);
  return found.length > 0 ? found.map((one) => one.split(/\n(?:warning|info|debug): /)[0] ?? "") : [text];
}

/** `2 errors occurred:` and the points below it are as many problems; each of them may have such points, too. */
function parts(message: string): string[] {
  return message
    .replace(/^(error: )?(Preview failed: )?/, "")
    .split(/^.*\b\d+ errors? occurred:[\t ]*$|^[\t ]+(?:\*|\d+\)) /m)
    .map((part) => part.trim())
    .filter((part) => part !== "" && part !== "Unknown");
}

function isClosing(problem: string): boolean {
  return /^(preview|update|destroy|refresh) failed$/i.test(problem);
}
