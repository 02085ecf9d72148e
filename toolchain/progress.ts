import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./cache.ts";

/** Tells a waiting person what runs, for how long, how long it usually takes, and what comes next. */
export interface Progress {
  /**
   * Runs one named step.
   * @param options.usual seconds that it takes where nothing is known yet; later what this machine took last time.
   */
  step<T>(
    name: string,
    options: { usual: number; next?: string },
    run: (note: (text: string) => void) => Promise<T>,
  ): Promise<T>;
  /** A line that stays. */
  say(line: string): void;
}

/** Without a terminal, how often a long step says that it still runs, in seconds. */
const reminderSeconds = 30;

interface Step {
  name: string;
  usual: number;
  next: string | undefined;
  note: string;
  began: number;
}

/** Progress on a stream: a line that changes in place on a terminal, plain lines elsewhere. */
export function createProgress(stream: NodeJS.WriteStream = process.stdout): Progress {
  const running = new Set<Step>();
  const live = stream.isTTY === true;
  let timer: NodeJS.Timeout | undefined;

  const clear = () => live && running.size > 0 && stream.write("\r\u001b[K");
  const draw = () => {
    if (live && running.size > 0) {
      const text = [...running].map(stepText).join(" · ");
      stream.write(`\r\u001b[K${text.slice(0, (stream.columns ?? 80) - 1)}`);
    }
  };
  const say = (line: string) => {
    clear();
    stream.write(`${line}\n`);
    draw();
  };
  const remind = () => {
    for (const step of running) {
      say(`  still: ${stepText(step)}`);
    }
  };
  const begin = (step: Step) => {
    clear();
    running.add(step);
    if (!live) {
      say(
        `${step.name}… (usually ${seconds(step.usual)}${step.next === undefined ? "" : `; then: ${step.next}`})`,
      );
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
      const step: Step = { name, usual: usualSeconds(name) ?? usual, next, note: "", began: Date.now() };
      begin(step);
      try {
        const result = await run((note) => {
          step.note = note;
        });
        end(step, "done:");
        rememberSeconds(name, elapsed(step));
        return result;
      } catch (error) {
        end(step, "ended without success:");
        throw error;
      }
    },
  };
}

function stepText(step: Step): string {
  const note = step.note === "" ? "" : ` – ${step.note}`;
  const next = step.next === undefined ? "" : `, then ${step.next}`;
  return `${step.name} ${seconds(elapsed(step))} of about ${seconds(step.usual)}${next}${note}`;
}

function elapsed(step: Step): number {
  return (Date.now() - step.began) / 1000;
}

function seconds(value: number): string {
  return value < 90 ? `${Math.max(1, Math.round(value))} s` : `${Math.round(value / 60)} min`;
}

const memory = () => join(cacheFolder(), "usual-times.json");

function usualTimes(): Record<string, number> {
  try {
    return JSON.parse(readFileSync(memory(), "utf8")) as Record<string, number>;
  } catch {
    return {};
  }
}

function usualSeconds(name: string): number | undefined {
  return usualTimes()[name];
}

/** Remembering is a comfort: a cache that cannot be written must not end a step that succeeded. */
function rememberSeconds(name: string, took: number): void {
  try {
    mkdirSync(cacheFolder(), { recursive: true });
    writeFileSync(memory(), JSON.stringify({ ...usualTimes(), [name]: Math.round(took * 10) / 10 }));
  } catch {
    // the committed defaults serve
  }
}
