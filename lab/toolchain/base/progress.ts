import { AsyncLocalStorage } from "node:async_hooks";
import { liveLines } from "../../../system/terminal/live-lines.ts";

/** Tells a waiting person what runs, for how long, how long it usually takes, and what comes next. */
export interface Progress {
  /**
   * Runs one named step. While steps run that it has begun itself, only those are shown.
   * @param options.usual seconds that it takes on two cores. Undefined: nobody can know, so nothing is promised.
   * @param options.next what comes after it. Default: what comes after the step that has begun it.
   */
  step<T>(
    name: string,
    options: { usual: number | undefined; next?: string },
    run: (note: (text: string) => void) => Promise<T>,
  ): Promise<T>;
  /** A line that stays. */
  say(line: string): void;
}

/** Without a terminal, how often a long step says that it still runs, in seconds. */
const reminderSeconds = 30;

interface Step {
  name: string;
  usual: number | undefined;
  next: string | undefined;
  note: string;
  began: number;
  /** How many steps that it has begun run now. */
  inner: number;
}

/** The step that the running code belongs to. */
const current = new AsyncLocalStorage<Step>();

/** Progress on a stream: a line that changes in place on a terminal, plain lines elsewhere. */
export function createProgress(stream: NodeJS.WriteStream = process.stdout): Progress {
  const running = new Set<Step>();
  const live = stream.isTTY === true;
  let timer: NodeJS.Timeout | undefined;

  const shown = () => [...running].filter(({ inner }) => inner === 0);
  const line = liveLines(stream, () => (running.size > 0 ? [shown().map(stepText).join(" · ")] : []));
  const remind = () => {
    for (const step of shown()) {
      line.say(`  still: ${stepText(step)}`);
    }
  };
  const begin = (step: Step) => {
    running.add(step);
    if (!live) {
      const facts = [
        ...(step.usual === undefined ? [] : [`usually ${seconds(step.usual)}`]),
        ...(step.next === undefined ? [] : [`then: ${step.next}`]),
      ];
      line.say(`${step.name}…${facts.length === 0 ? "" : ` (${facts.join("; ")})`}`);
    }
    timer ??= setInterval(() => (live ? line.draw() : remind()), live ? 250 : reminderSeconds * 1000);
    line.draw();
  };
  const end = (step: Step, result: string) => {
    running.delete(step);
    if (running.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    line.say(`${result} ${step.name} (${seconds(elapsed(step))})`);
  };

  return {
    say: line.say,
    async step(name, { usual, next }, run) {
      const outer = current.getStore();
      const step: Step = {
        name,
        usual,
        next: next ?? outer?.next,
        note: "",
        began: Date.now(),
        inner: 0,
      };
      if (outer !== undefined) {
        outer.inner++;
      }
      begin(step);
      try {
        const result = await current.run(step, () =>
          run((note) => {
            // A lone bracket of what a command prints tells nobody anything.
            if (/\p{Letter}/u.test(note)) step.note = note;
          }),
        );
        end(step, "done:");
        return result;
      } catch (error) {
        end(step, "ended without success:");
        throw error;
      } finally {
        if (outer !== undefined) {
          outer.inner--;
        }
      }
    },
  };
}

function stepText(step: Step): string {
  const note = step.note === "" ? "" : ` – ${step.note}`;
  const next = step.next === undefined ? "" : `, then ${step.next}`;
  const usual = step.usual === undefined ? "" : ` (usually ${seconds(step.usual)})`;
  return `${step.name} ${seconds(elapsed(step))}${usual}${next}${note}`;
}

function elapsed(step: Step): number {
  return (Date.now() - step.began) / 1000;
}

function seconds(value: number): string {
  if (value < 0.95) {
    return "under 1 s";
  }
  return value < 90 ? `${Math.round(value)} s` : `${Math.round(value / 60)} min`;
}
