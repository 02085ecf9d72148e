// Long lines for a terminal of 80 columns.
const columns = 80;

/** The line in pieces of at most 80 columns, cut between words; all but the first are set in by so many blanks. */
export function wrap(line: string, indent: number): string[] {
  const lines = [];
  let rest = line;
  while (rest.length > columns) {
    const cut = rest.lastIndexOf(" ", columns);
    const blank = cut > indent ? cut : rest.indexOf(" ", indent);
    if (blank < 0) {
      break; // one word that is longer than a line
    }
    lines.push(rest.slice(0, blank));
    rest = `${" ".repeat(indent)}${rest.slice(blank).trimStart()}`;
  }
  return [...lines, rest];
}
