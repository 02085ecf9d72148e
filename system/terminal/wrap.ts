// Long lines for a terminal.

/**
 * The line in pieces of at most so many columns, cut between words; all but the first are set in by so many blanks. What stands in
 * backquotes stays whole, so that it can be copied.
 * @param columns @default 80
 */
export function wrap(line: string, indent: number, columns = 80): string[] {
  const words = line.match(/ *(`[^`]*`|[^ ])+/g) ?? [line]; // each with the blanks before it
  const lines: string[] = [];
  let current = "";
  for (const word of words) {
    if (current !== "" && current.length + word.length > columns) {
      lines.push(current);
      current = `${" ".repeat(indent)}${word.trimStart()}`;
    } else {
      current += word;
    }
  }
  return [...lines, current];
}

/** A text as it is, or, for a terminal, wrapped at its width; one that knows none is taken for one of 80 columns. */
export function wrapFor(stream: Pick<NodeJS.WriteStream, "isTTY" | "columns">, text: string): string {
  return stream.isTTY !== true
    ? text
    : text
        .split("\n")
        .flatMap((line) => wrap(line, (/^ */.exec(line)?.[0].length ?? 0) + 2, stream.columns || 80))
        .join("\n");
}
