/**
 * What a run leaves for the next one: a hidden line, the second of the comment or issue. Only a script writes that place, so no
 * report can forge it, whatever else it has in it.
 */

/** The line in which a value is kept. */
export function recordLine(value: object): string {
  // Written so, nothing in it ends the comment.
  const text = JSON.stringify(value).replace(
    /[<>-]/g,
    (one) => `\\u00${one.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `<!-- record: ${text} -->`;
}

/** What the second line keeps, or undefined where there is none: somebody edited it by hand, or it is older than the record. */
export function readRecord(body: string): Record<string, unknown> | undefined {
  const found = /^<!-- record: (\{.*\}) -->$/.exec(linesOf(body)[1] ?? "")?.[1];
  try {
    return found === undefined ? undefined : (JSON.parse(found) as Record<string, unknown>);
  } catch {
    return undefined;
  }
}

/** GitHub gives back what was edited in the browser with other ends of lines. */
export const linesOf = (text: string): string[] => text.split(/\r?\n/);
