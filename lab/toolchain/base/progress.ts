import { AsyncLocalStorage } from "node:async_hooks";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./cache.ts";

/** Tells a waiting person what runs, for how long, how long it usually takes, and what comes next. */
export interface Progress {
  /**
   * Runs one named step. While steps run that it has begun itself, only those are shown.
   * @param options.usual seconds that it takes where nothing is known yet; later what this machine took, the middle
   * one of the last times. Undefined: nobody can know, so nothing is promised or remembered.
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
  const clear = () => live && running.size > 0 && stream.write("\r\u001b[K");
  const draw = () => {
    if (live && running.size > 0) {
      const text = shown().map(stepText).join(" · ");
      stream.write(`\r\u001b[K${text.slice(0, (stream.columns ?? 80) - 1)}`);
    }
  };
  const say = (line: string) => {
    clear();
    stream.write(`${line}\n`);
    draw();
  };
  const remind = () => {
    for (const step of shown()) {
      say(`  still: ${stepText(step)}`);
    }
  };
  const begin = (step: Step) => {
    clear();
    running.add(step);
    if (!live) {
      const facts = [
        ...(step.usual === undefined ? [] : [`usually ${seconds(step.usual)}`]),
        ...(step.next === undefined ? [] : [`then: ${step.next}`]),
      ];
      say(`${step.name}…${facts.length === 0 ? "" : ` (${facts.join("; ")})`}`);
    }
    timer ??= setInterval(() => (live ? draw() : remind()), live ? 250 : reminderSeconds * 1000);
    draw();
  };
  const end = (step: Step, result: string) => {
    clear();
    running.delete(step);
    if (running.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    say(`${result} ${step.name} (${seconds(elapsed(step))})`);
  };

  return {
    say,
    async step(name, { usual, next }, run) {
      const outer = current.getStore();
      const step: Step = {
        name,
        usual: usual === undefined ? undefined : (usualSeconds(name) ?? usual),
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
        if (usual !== undefined) {
          rememberSeconds(name, elapsed(step));
        }
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

const memory = () => join(cacheFolder(), "usual-seconds.json");

/** How many times of one step are remembered. */
const mostTimes = 5;

function takenSeconds(): Record<string, number[]> {
  try {
    return JSON.parse(readFileSync(memory(), "utf8")) as Record<string, number[]>;
  } catch {
    return {};
  }
}

/** The middle one, so that a single run on a busy machine counts for nothing. */
function usualSeconds(name: string): number | undefined {
  const sorted = [...(takenSeconds()[name] ?? [])].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

/** Remembering is a comfort: a cache that cannot be written must not end a step that succeeded. */
function rememberSeconds(name: string, took: number): void {
  try {
    const all = takenSeconds();
    const times = [...(all[name] ?? []), Math.round(took * 10) / 10].slice(-mostTimes);
    mkdirSync(cacheFolder(), { recursive: true });
    writeFileSync(memory(), JSON.stringify({ ...all, [name]: times }));
  } catch {
    // the committed defaults serve
  }
}
