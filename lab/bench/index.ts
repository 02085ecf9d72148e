/** `npm run bench`: how long things take, against what they would take without this project. */
import { writeFileSync } from "node:fs";
import { Ended, UserError } from "../../system/errors.ts";
import { inWords, newCommand, wholeNumber } from "../../system/terminal/command-line.ts";
import { addSections, type Section } from "../../system/terminal/help-sections.ts";
import { writeInto } from "../document.ts";
import { thisMachine } from "../machine.ts";
import { createProgress } from "../toolchain/base/progress.ts";
import { allReached, figuresOf, type Report, reportText } from "./report.ts";
import { longRows, rows } from "./rows/index.ts";
import { alternate } from "./runs/measure.ts";
import { withWorld } from "./runs/world.ts";

interface Options {
  runs: number;
  json?: boolean;
  output?: string;
  document?: string;
}

const known = [...rows, ...longRows].map(({ name }) => name);
const rowsSection: Section = {
  title: "Rows",
  items: [
    ...rows.map(({ name, title }) => [name, title] as const),
    ...longRows.map(
      ({ name, title, usual }) =>
        [name, `${title} (about ${Math.ceil(usual / 60)} min; only when asked for by name)`] as const,
    ),
  ],
};

const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  // Whoever ends npm and all that it started signals twice; what was started is still to be removed.
  process.on(signal, () => abort.abort(new Ended("interrupted", "Stopped.")));
}

const name = "npm run bench --";
const command = newCommand(
  name,
  "Times the platform in a sandbox of its own, next to an empty program, a bare one with the same objects, and kubectl. Do not use the machine for anything else meanwhile. Ends with status 1 where a goal is not reached.",
)
  .argument("[rows...]", "which rows; without any, all that need not be asked for")
  .option("--runs <number>", "runs of each way that count", wholeNumber, 7)
  .option("--json", "print JSON instead of a table")
  .option("--output <file>", "write the JSON into a file as well")
  .option(
    "--document <file>",
    "write the tables between the marks of a Markdown file as well, such as docs/performance.md",
  )
  .action(bench);
addSections(command, () => [rowsSection]);

async function bench(names: string[], { runs, json = false, output, document }: Options): Promise<void> {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Ended("usage", `There is no row ${unknown.join(", ")}; there are ${known.join(", ")}.`);
  }
  // The table goes to standard output; what a waiting person sees does not mix with it.
  const progress = createProgress(process.stderr);
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    machine: thisMachine(),
    runs,
    rows: [],
    measures: [],
    brokenOff: [],
  };
  for (const row of longRows.filter(({ name }) => names.includes(name))) {
    const measures = await progress.step(`measure ${row.name}`, { usual: row.usual }, () =>
      row.run({ progress, signal: abort.signal }),
    );
    report.measures.push({ name: row.name, title: row.title, measures });
  }
  const compared = rows.filter(({ name }) => names.length === 0 || names.includes(name));
  if (compared.length > 0) {
    await withWorld(progress, async (world) => {
      for (const row of compared) {
        await progress
          .step(`measure ${row.name}: ${row.title}`, { usual: undefined }, async (note) => {
            const measured = await alternate(await row.variants(world), { runs, note, signal: abort.signal });
            report.rows.push(figuresOf({ row, measured }));
          })
          .catch((error: unknown) => {
            if (error instanceof UserError) {
              throw error;
            }
            // What the other rows take is worth knowing all the same.
            const { name, title } = row;
            report.brokenOff.push({
              name,
              title,
              why: error instanceof Error ? error.message : String(error),
            });
          });
      }
    });
  }
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (output !== undefined) {
    writeFileSync(output, text);
  }
  process.stdout.write(json ? text : reportText(report));
  if (document !== undefined) {
    await writeInto(document, [name, ...names].join(" "), reportText(report));
  }
  if (!allReached(report)) {
    process.exitCode = 1;
  }
}

await inWords(() => command.parseAsync());
