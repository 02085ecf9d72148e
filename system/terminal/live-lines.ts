import { inOneLine } from "./foreign-text.ts";
import { wrapFor } from "./wrap.ts";

/** Lines at the end of a terminal that change in place while others are printed above them; elsewhere only the others. */
export interface LiveLines {
  /** Prints a line that stays, wrapped between words. */
  say(line: string): void;
  /** Shows what the live lines say now. */
  draw(): void;
  /** Lets the live lines stay as they are. */
  close(): void;
}

/** @param lines what they say at the moment, none included; each is cut at the terminal's width */
export function liveLines(stream: NodeJS.WriteStream, lines: () => readonly string[]): LiveLines {
  let drawn = 0;
  /** What takes the cursor back to where the live lines begin, and clears from there. */
  const back = (): string => {
    const up = drawn > 1 ? `\u001b[${drawn - 1}A` : "";
    return drawn === 0 ? "" : `\r${up}\u001b[J`;
  };
  const draw = (above = ""): void => {
    const shown = stream.isTTY === true ? lines() : [];
    // A terminal that does not know its width says 0.
    const width = (stream.columns || 80) - 1;
    const text = `${back()}${above}${shown.map((line) => inOneLine(line).slice(0, width)).join("\n")}`;
    drawn = shown.length;
    if (text !== "") {
      stream.write(text);
    }
  };
  return {
    say: (line) => draw(`${wrapFor(stream, line)}\n`),
    draw: () => draw(),
    close() {
      draw();
      if (drawn > 0) {
        stream.write("\n");
      }
      drawn = 0;
    },
  };
}
