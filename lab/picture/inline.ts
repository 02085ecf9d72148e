/** A line of the report's Markdown as pieces of text, broken into lines of a width. What GitHub shows of it, no more than the report uses. */

export type Style = "plain" | "bold" | "code" | "link";

export interface Piece {
  readonly text: string;
  readonly style: Style;
}

/** Widths of characters in parts of the font's size: fonts differ, so these are on the large side. */
const widths = { plain: 0.56, bold: 0.6, link: 0.56, code: 0.61 } as const;

const marks =
  /\*\*(?<bold>.+?)\*\*|<code>(?<code>.*?)<\/code>|`(?<ticks>[^`]+)`|\[(?<link>[^\]]+)\]\([^)]*\)/g;

/** @param line without line breaks */
export function pieces(line: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of line.matchAll(marks)) {
    const { bold, code, ticks, link } = match.groups ?? {};
    found.push({ text: line.slice(end, match.index), style: "plain" });
    found.push({
      text: bold ?? code ?? ticks ?? link ?? "",
      style: bold !== undefined ? "bold" : link !== undefined ? "link" : "code",
    });
    end = match.index + match[0].length;
  }
  found.push({ text: line.slice(end), style: "plain" });
  return found
    .filter(({ text }) => text !== "")
    .map(({ text, style }) => ({
      style,
      text: text.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))),
    }));
}

const widthOf = ({ text, style }: Piece, size: number): number =>
  [...text].reduce(
    (sum, one) => sum + (one > "\u2fff" || /\p{Emoji_Presentation}/u.test(one) ? 1.3 : widths[style]) * size,
    0,
  );

/** Broken at spaces, so that no line is wider; a word that is wider stands alone. */
export function broken(all: readonly Piece[], width: number, size: number): Piece[][] {
  const lines: Piece[][] = [[]];
  let used = 0;
  for (const { text, style } of all) {
    for (const word of text.split(/(?<= )/)) {
      const piece = { text: word, style };
      const needed = widthOf({ text: word.trimEnd(), style }, size);
      if (used > 0 && used + needed > width) {
        lines.push([]);
        used = 0;
      }
      append(lines.at(-1) ?? [], piece);
      used += widthOf(piece, size);
    }
  }
  return lines;
}

function append(line: Piece[], { text, style }: Piece): void {
  const last = line.at(-1);
  if (last?.style === style) line[line.length - 1] = { text: last.text + text, style };
  else line.push({ text, style });
}
