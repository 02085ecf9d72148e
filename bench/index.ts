/** `npm run bench`: how long things take, against what they would take without this project. */
import { writeFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { createProgress } from "../toolchain/progress.ts";
import { UserError } from "../toolchain/user-error.ts";
import { thisMachine } from "./machine.ts";
import { alternate } from "./measure.ts";
import { figuresOf, type Report, reportText } from "./report.ts";
import { type Row, rows } from "./rows/index.ts";
import { withWorld } from "./world.ts";

interface Options {
  runs: number;
  json?: boolean;
  output?: string;
}

const command = new Command("npm run bench --")
  .description(
    "Times the platform in a sandbox of its own, next to an empty program, a bare one with the same objects, and kubectl. Ends with status 1 where a goal is not reached.",
  )
  .argument("[rows...]", `of ${rows.map(({ name }) => name).join(", ")}; all unless named`)
  .option("--runs <number>", "runs of each way that count", wholeNumber, 7)
  .option("--json", "print JSON instead of a table")
  .option("--output <file>", "write the JSON into a file as well")
  .addHelpText(
    "after",
    `\nRows:\n${rows.map(({ name, title }) => `  ${name.padEnd(14)} ${title}`).join("\n")}`,
  )
  .action(bench);

async function bench(names: string[], { runs, json = false, output }: Options): Promise<void> {
  const chosen = chosenRows(names);
  // The table goes to standard output; what a waiting person sees does not mix with it.
  const progress = createProgress(process.stderr);
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    machine: thisMachine(),
    runs,
    rows: [],
  };
  await withWorld(progress, async (world) => {
    for (const row of chosen) {
      await progress.step(`measure ${row.name}: ${row.title}`, { usual: 60 }, async (note) => {
        const measured = await alternate(await row.variants(world), runs, note);
        report.rows.push(figuresOf({ row, measured }));
      });
    }
  });
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (output !== undefined) {
    writeFileSync(output, text);
  }
  process.stdout.write(json ? text : reportText(report));
  if (report.rows.some(({ goal }) => goal?.reached === false)) {
    process.exitCode = 1;
  }
}

function chosenRows(names: readonly string[]): Row[] {
  const unknown = names.filter((name) => !rows.some((row) => row.name === name));
  if (unknown.length > 0) {
    throw new UserError(
      `There is no row ${unknown.join(", ")}; there are ${rows.map(({ name }) => name).join(", ")}.`,
    );
  }
  return rows.filter(({ name }) => names.length === 0 || names.includes(name));
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) {
    throw new InvalidArgumentError("It must be a whole number of at least 1.");
  }
  return number;
}

try {
  await command.parseAsync();
} catch (error) {
  if (!(error instanceof UserError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 2;
}
