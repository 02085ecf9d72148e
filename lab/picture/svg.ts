/** Draws a comment's Markdown as GitHub would show it, as SVG; the first of its folded parts unfolded. */
import { broken, type Piece, pieces } from "./inline.ts";

const width = 860;
const margin = 16;
const size = 14;
const lineHeight = 21;
const small = 12;
const columns = [90, 120, width - 2 * margin - 90 - 120] as const;
const colours = { text: "#1f2328", quiet: "#59636e", border: "#d1d9e0", head: "#f6f8fa", link: "#0969da" };
const diff: Readonly<Record<string, string>> = { "+": "#dafbe1", "-": "#ffebe9" };

const xml = (text: string): string => text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);

const styles = {
  plain: "",
  bold: ' font-weight="600"',
  link: ` fill="${colours.link}"`,
  code: ' class="code"',
} as const;

/** What is drawn grows downwards from `y`. */
class Drawing {
  y = 0;
  readonly #parts: string[] = [];

  rect(x: number, y: number, w: number, h: number, fill: string, stroke = "none"): void {
    this.#parts.push(
      `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${fill}" stroke="${stroke}"/>`,
    );
  }

  line(all: readonly Piece[], x: number, y: number, more = ""): void {
    const spans = all.map(({ text, style }) => `<tspan${styles[style]}>${xml(text)}</tspan>`).join("");
    this.#parts.push(`<text x="${x}" y="${y}"${more}>${spans}</text>`);
  }

  /** @returns how high it is */
  paragraph(text: string, x: number, w: number, y = this.y, more = ""): number {
    const lines = broken(pieces(text), w, size);
    for (const [at, line] of lines.entries()) this.line(line, x, y + lineHeight * (at + 0.75), more);
    return lines.length * lineHeight;
  }

  row(cells: readonly string[], isHead: boolean): void {
    const place = this.#parts.length;
    let x = margin;
    const heights = cells.map((cell, at) => {
      const own = columns[at] ?? 0;
      const text = isHead ? `**${cell}**` : cell;
      const height = cell === "" ? lineHeight : this.paragraph(text, x + 10, own - 20, this.y + 6);
      x += own;
      return height;
    });
    const height = Math.max(...heights) + 12;
    const texts = this.#parts.splice(place);
    let left = margin;
    for (const own of columns) {
      this.rect(left, this.y, own, height, isHead ? colours.head : "#ffffff", colours.border);
      left += own;
    }
    this.#parts.push(...texts);
    this.y += height;
  }

  /** A fence, with the signs of a difference in colour. */
  fence(lines: readonly string[]): void {
    const w = width - 2 * margin;
    const shown = lines.flatMap((line) => broken([{ text: line, style: "code" }], w - 24, small));
    this.rect(margin, this.y, w, shown.length * 18 + 16, colours.head);
    for (const [at, pieces] of shown.entries()) {
      const y = this.y + 8 + at * 18;
      const background = diff[pieces[0]?.text[0] ?? ""];
      if (background !== undefined) this.rect(margin, y, w, 18, background);
      this.line(pieces, margin + 12, y + 13, ` font-size="${small}"`);
    }
    this.y += shown.length * 18 + 16 + 12;
  }

  get parts(): readonly string[] {
    return this.#parts;
  }
}

export function drawComment(markdown: string): string {
  const drawing = new Drawing();
  const headHeight = 38;
  drawing.y = headHeight + margin;
  const lines = markdown.split("\n").filter((line) => !/^<!--.*-->$/.test(line));
  let folds = 0;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const fence = /^(`{3,})\w*$/.exec(line)?.[1];
    const summary = /<summary>(.*)<\/summary>/.exec(line)?.[1];
    if (fence !== undefined) {
      const end = lines.indexOf(fence, at + 1);
      drawing.fence(lines.slice(at + 1, end));
      at = end;
    } else if (summary !== undefined) {
      const isOpen = folds++ === 0;
      drawing.y += drawing.paragraph(`${isOpen ? "▾" : "▸"} ${summary}`, margin, width) + 8;
      if (!isOpen) at = lines.indexOf("</details>", at);
    } else if (line.startsWith("|")) {
      const cells = line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim());
      const isHead = /^\| ---/.test(lines[at + 1] ?? "");
      drawing.row(cells, isHead);
      if (isHead) at++;
      if (!lines[at + 1]?.startsWith("|")) drawing.y += 14;
    } else if (line !== "" && line !== "</details>") {
      const text = line.startsWith("#### ") ? `**${line.slice(5)}**` : line;
      drawing.y += drawing.paragraph(text, margin, width - 2 * margin) + 8;
    }
  }
  const height = drawing.y + margin / 2;
  const frame = new Drawing();
  frame.rect(0.5, 0.5, width - 1, height - 1, "#ffffff", colours.border);
  frame.rect(0.5, 0.5, width - 1, headHeight, colours.head, colours.border);
  frame.line(pieces("**github-actions** bot commented · edited"), margin, 25, ` fill="${colours.quiet}"`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" xml:space="preserve" font-family="-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif" font-size="${size}" fill="${colours.text}">`,
    "<title>The comment that a preview writes on a pull request</title>",
    "<style>text { white-space: pre } .code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 12px }</style>",
    ...frame.parts,
    ...drawing.parts,
    "</svg>",
    "",
  ].join("\n");
}
