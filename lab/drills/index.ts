/** `npm run drills`: breaks a platform on a real node, and measures what is promised then. */
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { Ended, RefusedError } from "../../system/errors.ts";
import { inWords, newCommand, wholeNumber } from "../../system/terminal/command-line.ts";
import { oneLine } from "../../system/terminal/foreign-text.ts";
import { addSections } from "../../system/terminal/help-sections.ts";
import { writeInto } from "../document.ts";
import { machineText, thisMachine } from "../machine.ts";
import { requireRealNode } from "../node/index.ts";
import { defaultSandboxDir } from "../sandbox/base/paths.ts";
import { createProgress } from "../toolchain/base/progress.ts";
import type { Drill, Finding } from "./base/drill.ts";
import { drills } from "./drills/index.ts";
import { allKept, brokenIn, type DrillReport, type Report, reportText } from "./report.ts";
import { type World, withWorld } from "./world/index.ts";
import { putRight } from "./world/put-right.ts";

interface Options {
  readonly rounds?: number;
  readonly short?: boolean;
  readonly json?: boolean;
  readonly output?: string;
  readonly resume?: boolean;
  readonly document?: string;
}

const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => abort.abort(new Ended("interrupted", "Stopped.")));
}

const fullRounds = 3;

/** How often a drill is gone through. */
const timesOf = ({ once }: Drill, rounds: number): number => (once ? 1 : rounds);

/** Seconds that all rounds of a drill usually take. */
function usualSeconds(drill: Drill, { rounds, short }: { rounds: number; short: boolean }): number {
  const { usual, usualInFull = usual } = drill;
  return (short ? usual : usualInFull) * timesOf(drill, rounds);
}

/** Which of these drills a form goes through, where none is named. */
const drillsOf = (short: boolean): readonly Drill[] => drills.filter(({ long = false }) => !(short && long));

const usualMinutes = (short: boolean): number => {
  const form = { rounds: short ? 1 : fullRounds, short };
  return Math.round(drillsOf(short).reduce((sum, drill) => sum + usualSeconds(drill, form), 0) / 60);
};

const command = newCommand(
  "npm run drills --",
  "Breaks a platform on a real node in every way below, and measures what is promised then. Needs Linux and root. Ends with status 1 where a promise is not kept.",
)
  .argument("[drills...]", "which drills; without any, all")
  .option(
    "--rounds <number>",
    `how often each is gone through (default: ${fullRounds}, in the short form 1)`,
    wholeNumber,
  )
  .option(
    "--short",
    `the form for CI, about ${usualMinutes(true)} min: what takes minutes is done seldomer, with a server that loads for less, or left out; a full run takes about ${usualMinutes(false)} min`,
  )
  .option("--json", "print JSON instead of a table")
  .option("--output <file>", "write the JSON into a file as well, after each drill")
  .option("--resume", "go on with the run that wrote --output: what it went through to its end is kept")
  .option(
    "--document <file>",
    "write the table between the marks of a Markdown file as well, such as docs/drills.md",
  )
  .action(main);
addSections(command, () => [
  {
    title: "Drills",
    items: drills.map(
      ({ name, title, long }) => [name, long ? `${title} (not in the short form)` : title] as const,
    ),
  },
]);

async function main(names: string[], options: Options): Promise<void> {
  const {
    short = false,
    rounds = short ? 1 : fullRounds,
    json = false,
    output,
    resume = false,
    document,
  } = options;
  const unknown = names.filter((name) => !drills.some((drill) => drill.name === name));
  if (unknown.length > 0) {
    const known = drills.map(({ name }) => name).join(", ");
    throw new Ended("usage", `There is no drill ${unknown.join(", ")}; there are ${known}.`);
  }
  if (resume && output === undefined) throw new Ended("usage", "--resume needs the --output of that run.");
  const machine = thisMachine();
  const begun = resume && output !== undefined ? readRun(output, { rounds, short, machine }) : undefined;
  const chosen = names.length === 0 ? drillsOf(short) : drills.filter(({ name }) => names.includes(name));
  await requireRealNode(defaultSandboxDir());
  const progress = createProgress(process.stderr);
  const { say } = progress;
  const whole = (begun?.drills ?? []).filter(({ brokenOff }) => brokenOff === undefined);
  const done = new Map(whole.map((one) => [one.name, one]));
  const date = begun?.date ?? new Date().toISOString().slice(0, 10);
  const report = (): Report => ({
    ...{ date, machine, rounds, short },
    drills: drills.flatMap(({ name, title }) => {
      const found = done.get(name);
      return found === undefined ? [] : [{ ...found, title }];
    }),
  });
  const text = (): string => `${JSON.stringify(report(), null, 2)}\n`;
  const left = chosen.filter(({ name }) => !done.has(name));
  const goThroughAll = async (world: World): Promise<void> => {
    let lost: string | undefined;
    for (const drill of left) {
      const { name, title } = drill;
      if (lost !== undefined) {
        done.set(name, { name, title, rounds: [], brokenOff: `not begun: ${lost}` });
        continue;
      }
      const usual = usualSeconds(drill, { rounds, short });
      const found = await progress.step(title, { usual }, () =>
        goThrough(drill, { times: timesOf(drill, rounds), short, say }, world),
      );
      done.set(name, found);
      if (found.brokenOff !== undefined) lost = await putRight(world).then(() => undefined, wordsOf);
      // A full run takes hours, of which what ends it early takes nothing away.
      if (output !== undefined) writeFileSync(output, text());
    }
  };
  try {
    if (left.length > 0) await withWorld({ progress, signal: abort.signal }, goThroughAll);
  } catch (error) {
    // Refused is only a machine that cannot have a real node.
    throw error instanceof RefusedError ? new Ended("failed", error.message) : error;
  } finally {
    if (done.size > 0) process.stdout.write(json ? text() : `${reportText(report())}\n`);
  }
  if (document !== undefined) await writeInto(document, "npm run drills --", reportText(report()));
  if (!allKept(report())) process.exitCode = 1;
}

/**
 * The run that a file has.
 * @throws Ended where it cannot be read, or was one in another form or on another machine
 */
function readRun(
  file: string,
  { rounds, short, machine }: Pick<Report, "rounds" | "short" | "machine">,
): Report {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch (error) {
    throw new Ended("usage", `There is no run in ${file} to go on with: ${wordsOf(error)}.`);
  }
  if (report.rounds !== rounds || report.short !== short) {
    const was = `--rounds ${report.rounds}${report.short ? " --short" : ""}`;
    throw new Ended("usage", `The run in ${file} was one with ${was}: go on with it by the same options.`);
  }
  if (!isDeepStrictEqual(report.machine, machine)) {
    throw new Ended(
      "usage",
      `The run in ${file} was on another machine (${machineText(report.machine)}): its figures and those of this one say nothing together.`,
    );
  }
  return report;
}

async function goThrough(
  { name, title, run }: Drill,
  { times, short, say }: { times: number; short: boolean; say: (line: string) => void },
  world: World,
): Promise<DrillReport> {
  const done: Finding[][] = [];
  const stopped = new Promise<never>((_, reject) => {
    abort.signal.addEventListener("abort", () => reject(abort.signal.reason), { once: true });
  });
  stopped.catch(() => {}); // told where it is waited for
  let running: Promise<Finding[]> = Promise.resolve([]);
  try {
    for (let round = 0; round < times; round++) {
      abort.signal.throwIfAborted();
      running = run(world, { short, round });
      const findings = await Promise.race([running, stopped]);
      done.push(findings);
      for (const line of brokenIn(findings)) say(line);
    }
    return { name, title, rounds: done };
  } catch (error) {
    if (abort.signal.aborted) {
      // The commands that it has begun end with it, before the world goes.
      await Promise.race([running.catch(() => {}), sleep(5_000)]);
      throw abort.signal.reason;
    }
    // What the other drills show is worth knowing all the same.
    const brokenOff = wordsOf(error);
    say(`broken off: ${brokenOff}`);
    return { name, title, rounds: done, brokenOff };
  }
}

const wordsOf = (error: unknown): string => oneLine(error instanceof Error ? error.message : String(error));

await inWords(() => command.parseAsync());
// What the drill that was stopped still waits for, nobody gives it any more.
if (abort.signal.aborted) process.exit();
