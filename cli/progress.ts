/** How phases are shown: a list that changes in place on a terminal, plain lines elsewhere, nothing where JSON is wanted. */
import type { PhaseView, SwitchPhase } from "./phases.ts";

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

async function listView(phases: readonly SwitchPhase[]): Promise<PhaseView> {
  const { Listr } = await import("listr2");
  const ends = new Map(phases.map((phase) => [phase, Promise.withResolvers<string>()]));
  const titles = new Map<SwitchPhase, (title: string) => void>();
  const last = new Map<SwitchPhase, string>();
  const show = (phase: SwitchPhase, title: string): void => {
    last.set(phase, title);
    titles.get(phase)?.(title);
  };
  const list = new Listr<void>(
    phases.map((phase) => ({
      title: phase,
      task: async (_context, task) => {
        titles.set(phase, (title) => {
          task.title = title;
        });
        task.title = last.get(phase) ?? phase;
        task.title = (await ends.get(phase)?.promise) ?? phase;
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
  const before = (phase: SwitchPhase): SwitchPhase[] => phases.slice(0, phases.indexOf(phase));
  const open = new Set<SwitchPhase>();
  return {
    began(phase, detail) {
      open.add(phase);
      show(phase, detail === "" ? phase : `${phase}: ${detail}`);
      for (const skipped of before(phase).filter((one) => !open.has(one))) {
        ends.get(skipped)?.resolve(last.get(skipped) ?? `${skipped.padEnd(8)} –`);
      }
    },
    noted: (phase, detail) => show(phase, `${phase}: ${detail}`),
    ended(phase, taken) {
      open.delete(phase);
      last.set(phase, `${phase.padEnd(8)} ${seconds(taken)}`);
      ends.get(phase)?.resolve(last.get(phase) ?? phase);
    },
    async closed() {
      for (const [phase, { resolve, reject }] of ends) {
        if (open.has(phase)) reject(new Error(phase));
        else resolve(last.get(phase) ?? `${phase.padEnd(8)} –`);
      }
      await shown;
    },
    say(line) {
      // What is printed beside the list comes after it; who waits now reads it in the list.
      for (const phase of open) show(phase, `${phase}: ${line}`);
      console.log(line);
    },
  };
}
