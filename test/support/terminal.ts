import { Writable } from "node:stream";

/** A terminal as far as live lines use one: what is on its screen now, each line without blanks at its end. */
export function terminal(columns = 80): { stream: NodeJS.WriteStream; screen: () => string } {
  const lines: string[] = [""];
  let row = 0;
  const write = (text: string): void => {
    // The control sequences that are used, else one character.
    for (const [one, up] of text.replaceAll("\u001b", "␛").matchAll(/␛\[(\d+)A|␛\[J|./gsu)) {
      if (up !== undefined) {
        row -= Number(up);
      } else if (one === "␛[J") {
        lines.length = row + 1;
        lines[row] = "";
      } else if (one === "\n") {
        lines[++row] ??= "";
      } else if (one !== "\r") {
        lines[row] += one;
      }
    }
  };
  const stream = new Writable({
    write(chunk, _encoding, done) {
      write(String(chunk));
      done();
    },
  });
  return {
    stream: Object.assign(stream, { isTTY: true, columns }) as unknown as NodeJS.WriteStream,
    screen: () => lines.join("\n"),
  };
}
