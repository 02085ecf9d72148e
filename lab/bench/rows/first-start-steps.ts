import type { TimedLine } from "./npm-run.ts";

export interface TimedStep {
  readonly name: string;
  readonly seconds: number;
}

/**
 * How long each step took, read from what `npm start` prints without a terminal: a line when a step begins and one
 * when it is done. npm's installation says only when it begins; it ends with the next line. Steps can overlap.
 */
export function stepsOf(lines: readonly TimedLine[]): TimedStep[] {
  const began = new Map<string, number>();
  const steps: TimedStep[] = [];
  lines.forEach(({ text, at }, index) => {
    const begins = /^(\S.*?)…(?: \((?:usually|then)\b.*)?$/.exec(text)?.[1];
    const done = /^done: (.*) \([^()]*\)$/.exec(text)?.[1];
    if (text.startsWith("Installing the packages")) {
      steps.push({ name: "npm install", seconds: (lines[index + 1]?.at ?? at) - at });
    } else if (begins !== undefined) {
      began.set(begins, at);
    } else if (done !== undefined) {
      steps.push({ name: done, seconds: at - (began.get(done) ?? at) });
    }
  });
  return steps;
}
