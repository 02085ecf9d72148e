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

/** A line when a phase begins, when there is something new to say of it, and when it has ended: for logs. */
export function plainView(write: (line: string) => void): PhaseView {
  const last = new Map<SwitchPhase, string>();
  const tell = (phase: SwitchPhase, detail: string): void => {
    last.set(phase, detail);
    write(`  ${phase}${detail === "" ? "" : `: ${detail}`} …`);
  };
  return {
    began: tell,
    noted(phase, detail) {
      if (detail !== "" && detail !== last.get(phase)) tell(phase, detail);
    },
    ended: (phase, taken) => write(`  ${phase} done in ${seconds(taken)}`),
    closed: async () => {},
    say: write,
  };
}

const turning = ["◐", "◓", "◑", "◒"];

function turned(): string {
  return turning[Math.floor(Date.now() / 250) % turning.length] ?? "";
}

/** A phase as it is shown: `mark` is that of its end, which is a failure until it has succeeded. */
interface Line {
  mark: "✔" | "✖" | "–";
  text: string;
  /** When it began, as `performance.now` has it; absent once it has ended. */
  since?: number;
}

/** `load     42 s  loading the model`, in the columns of a phase that has ended. */
function running(phase: SwitchPhase, detail: string, since: number): string {
  return `${phase.padEnd(8)} ${Math.floor((performance.now() - since) / 1000)} s  ${detail}`.trimEnd();
}

/** A line for each phase, which stays in its place; what is said besides stands above them. */
export function listView(phases: readonly SwitchPhase[], terminal: NodeJS.WriteStream): PhaseView {
  const lines = new Map<SwitchPhase, Line>();
  const list = liveLines(terminal, () =>
    phases.map((phase) => {
      const { mark = " ", text = phase, since } = lines.get(phase) ?? {};
      return since === undefined ? `${mark} ${text}` : `${turned()} ${running(phase, text, since)}`;
    }),
  );
  // A command that ends before its first phase does not wait for it.
  const timer = setInterval(() => lines.size > 0 && list.draw(), 250).unref();
  const open = (phase: SwitchPhase, detail: string): void => {
    lines.set(phase, { mark: "✖", text: detail, since: lines.get(phase)?.since ?? performance.now() });
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
      for (const [phase, { mark, text, since }] of lines) {
        lines.set(phase, { mark, text: since === undefined ? text : running(phase, text, since) });
      }
      skip(phases);
      list.close();
      lines.clear(); // what is said from now on comes after them
    },
    say: list.say,
  };
}
