/** The difference of two texts as `diff -U2` and git write it. */
import { diff } from "node:util";

const context = 2;

/** @param name the file's; a difference of nothing but the last newline is none. */
export function patchOf(name: string, before: string, after: string): string {
  const linesOf = (text: string): string[] => text.replace(/\n$/, "").split("\n");
  // With each line: 1 where only the first has it, -1 where only the second has it, 0 where both have it.
  const lines = diff(linesOf(before), linesOf(after));
  const shown = (at: number): boolean =>
    lines.slice(Math.max(0, at - context), at + context + 1).some(([only]) => only !== 0);
  const hunks: string[] = [];
  for (let begin = 0; begin < lines.length; begin++) {
    let end = begin;
    while (end < lines.length && shown(end)) {
      end++;
    }
    if (end > begin) {
      const range = (other: number): string => {
        const before = lines.slice(0, begin).filter(([only]) => only !== other).length;
        const here = lines.slice(begin, end).filter(([only]) => only !== other).length;
        return here === 1 ? `${before + 1}` : `${here === 0 ? before : before + 1},${here}`;
      };
      hunks.push(`@@ -${range(-1)} +${range(1)} @@`);
      hunks.push(...lines.slice(begin, end).map(([only, line]) => `${signs[only]}${line}`));
      begin = end;
    }
  }
  return hunks.length === 0
    ? ""
    : [`--- ${name}\tas it is`, `+++ ${name}\tas proposed`, ...hunks, ""].join("\n");
}

const signs = { [-1]: "+", 0: " ", 1: "-" };
