/** How phases are shown: a list that changes in place on a terminal, plain lines elsewhere, nothing where JSON is wanted. */
import type { PhaseView, SwitchPhase } from "../operations/switch/phases.ts";

/** Seconds with one digit: `3.2 s`. */
export function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}

/** The view for a person: on standard output, and on standard error where that is wanted for a machine. */
export async function phaseView(phases: readonly SwitchPhase[], json: boolean): Promise<PhaseView> {
  const stream = json ? process.stderr : process.stdout;
  return process.stdout.isTTY && !json ? listView(phases) : plainView((line) => stream.write(`${line}\n`));
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

/** Lines that stay in their places, one for each phase. */
export interface PhaseLines {
  /** What a line says from now on, also one that is checked off already. */
  show(phase: SwitchPhase, text: string): void;
  /** Checks a line off. */
  done(phase: SwitchPhase): void;
  failed(phase: SwitchPhase): void;
  /** All lines have been checked off or have failed. */
  closed(): Promise<void>;
}

async function listView(phases: readonly SwitchPhase[]): Promise<PhaseView> {
  const { Listr } = await import("listr2");
  const ends = new Map(phases.map((phase) => [phase, Promise.withResolvers<void>()]));
  const titles = new Map<SwitchPhase, (title: string) => void>();
  const last = new Map<SwitchPhase, string>();
  const list = new Listr<void>(
    phases.map((phase) => ({
      title: phase,
      task: async (_context, task) => {
        titles.set(phase, (title) => {
          task.title = title;
        });
        task.title = last.get(phase) ?? phase;
        await ends.get(phase)?.promise;
      },
    })),
    {
      renderer: "default",
      // Ctrl-C is this program's own business.
      registerSignalListeners: false,
      rendererOptions: { showErrorMessage: false },
    },
  );
  const shown = list.run().catch(() => {});
  return viewOf(
    phases,
    {
      show(phase, title) {
        last.set(phase, title);
        titles.get(phase)?.(title);
      },
      done: (phase) => ends.get(phase)?.resolve(),
      failed: (phase) => ends.get(phase)?.reject(new Error(phase)),
      closed: () => shown,
    },
    (line) => console.log(line),
  );
}

/** The view of phases as such lines. @param write prints a line beside them */
export function viewOf(
  phases: readonly SwitchPhase[],
  lines: PhaseLines,
  write: (line: string) => void,
): PhaseView {
  const unmet = new Set(phases);
  const open = new Set<SwitchPhase>();
  const say = (phase: SwitchPhase, detail: string): void =>
    lines.show(phase, detail === "" ? phase : `${phase}: ${detail}`);
  const skip = (phase: SwitchPhase): void => {
    unmet.delete(phase);
    lines.show(phase, `${phase.padEnd(8)} –`);
    lines.done(phase);
  };
  return {
    began(phase, detail) {
      unmet.delete(phase);
      open.add(phase);
      say(phase, detail);
      for (const skipped of phases.slice(0, phases.indexOf(phase)).filter((one) => unmet.has(one))) {
        skip(skipped);
      }
    },
    noted: say,
    ended(phase, taken) {
      open.delete(phase);
      lines.show(phase, `${phase.padEnd(8)} ${seconds(taken)}`);
      lines.done(phase);
    },
    async closed() {
      for (const phase of open) lines.failed(phase);
      for (const phase of [...unmet]) skip(phase);
      await lines.closed();
    },
    say(line) {
      // What is printed beside the list comes after it; who waits now reads it in the list.
      for (const phase of open) say(phase, line);
      write(line);
    },
  };
}
