/** How phases are shown: a list that changes in place on a terminal, plain lines elsewhere, nothing where JSON is wanted. */
import type { PhaseView, SwitchPhase } from "../operations/switch/phases.ts";
import { liveLines } from "../system/terminal/live-lines.ts";

/** Seconds with one digit: `3.2 s`. */
export function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}

/** The view for a person: on standard output, and on standard error where that is wanted for a machine. */
export function phaseView(phases: readonly SwitchPhase[], json: boolean): PhaseView {
  const stream = json ? process.stderr : process.stdout;
  return process.stdout.isTTY && !json
    ? listView(phases, process.stdout)
    : plainView((line) => stream.write(`${line}\n`));
}

/** One line when a phase begins and one when it has ended, for logs. */
export function plainView(write: (line: string) => void): PhaseView {
  return {
    began: (phase, detail) => write(`  ${phase}${detail === "" ? "" : `: ${detail}`} …`),
    noted: () => {},
    ended: (phase, taken) => write(`  ${phase} done in ${seconds(taken)}`),
    closed: async () => {},
    say: write,
  };
}

const turning = ["◐", "◓", "◑", "◒"];

/** A line for each phase, which stays in its place; what is said besides stands above them. */
export function listView(phases: readonly SwitchPhase[], terminal: NodeJS.WriteStream): PhaseView {
  const lines = new Map<SwitchPhase, { mark: "open" | "✔" | "✖" | "–"; text: string }>();
  const list = liveLines(terminal, () =>
    phases.map((phase) => {
      const { mark = " ", text = phase } = lines.get(phase) ?? {};
      return `${mark === "open" ? turning[Math.floor(Date.now() / 250) % turning.length] : mark} ${text}`;
    }),
  );
  // A command that ends before its first phase does not wait for it.
  const timer = setInterval(() => lines.size > 0 && list.draw(), 250).unref();
  const open = (phase: SwitchPhase, detail: string): void => {
    lines.set(phase, { mark: "open", text: detail === "" ? phase : `${phase}: ${detail}` });
    list.draw();
  };
  const skip = (unmet: readonly SwitchPhase[]): void => {
    for (const phase of unmet.filter((one) => !lines.has(one))) {
      lines.set(phase, { mark: "–", text: phase });
    }
  };
  return {
    began(phase, detail) {
      skip(phases.slice(0, phases.indexOf(phase)));
      open(phase, detail);
    },
    noted: open,
    ended(phase, taken) {
      lines.set(phase, { mark: "✔", text: `${phase.padEnd(8)} ${seconds(taken)}` });
      list.draw();
    },
    async closed() {
      clearInterval(timer);
      for (const [phase, { mark, text }] of lines) {
        lines.set(phase, { mark: mark === "open" ? "✖" : mark, text });
      }
      skip(phases);
      list.close();
      lines.clear(); // what is said from now on comes after them
    },
    say: list.say,
  };
}
