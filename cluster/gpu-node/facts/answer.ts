/** What the node's program printed, taken apart. Any bytes may come; what does not look like an answer is none. */
import { harmless } from "../../../system/terminal/foreign-text.ts";
import { marks, type SectionName, sectionNames } from "./program.ts";

/** What one tool said. */
export interface Section {
  /** Exit status; 124 and 137: it hung and was ended, 126 and 127: it cannot be run. */
  status: number;
  text: string;
}

export interface NodeAnswer {
  sections: Partial<Record<SectionName, Section>>;
  /** Whether the program ran at all. */
  begun: boolean;
  /** The section that was under way when the answer broke off; absent where it is complete. */
  unfinished?: SectionName;
}

/** Reads an answer. Never throws. */
export function readAnswer(bytes: Uint8Array): NodeAnswer {
  const sections: NodeAnswer["sections"] = {};
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  // A shell's start-up files may print something first.
  const begin = lines.findIndex((line) => line.trim() === marks.begin);
  let open: SectionName | undefined;
  for (const line of begin < 0 ? [] : lines.slice(begin + 1)) {
    const [sign, word = "", base64 = ""] = line.trim().split(" ");
    const name = sectionNames.find((known) => known === word);
    if (name !== undefined && sign === ">") {
      open = name;
    } else if (name !== undefined && sign === "=") {
      const section = readSection(base64);
      if (section !== undefined) {
        sections[name] = section;
        open = undefined;
      }
    }
  }
  return { sections, begun: begin >= 0, ...(open === undefined ? {} : { unfinished: open }) };
}

/** No tool prints longer lines that are read; a hostile one costs no time, whatever pattern looks at it. */
const longestLine = 300;

/** The tool's output, a line break, its exit status. */
function readSection(base64: string): Section | undefined {
  const whole = Buffer.from(base64, "base64").toString("utf8");
  const at = whole.lastIndexOf("\n");
  const status = /^\d{1,3}$/.exec(whole.slice(at + 1));
  return at < 0 || status === null
    ? undefined
    : { status: Number(status[0]), text: tamed(whole.slice(0, at)) };
}

function tamed(text: string): string {
  return harmless(text)
    .split("\n")
    .map((line) => line.slice(0, longestLine))
    .join("\n");
}
