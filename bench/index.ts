/** `npm run bench`: measures what is promised, and prints a table or JSON. */
import { Argument, Command } from "commander";
import { createProgress } from "../toolchain/progress.ts";
import { UserError } from "../toolchain/user-error.ts";
import { firstStart } from "./first-start.ts";
import { thisMachine } from "./machine.ts";
import type { Measure, Row } from "./row.ts";

const rows: readonly Row[] = [firstStart];

const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => abort.abort(new UserError("Stopped.")));
}

const width = Math.max(...rows.map(({ name }) => name.length));
const list = rows.map(
  ({ name, title, usual, onlyByName }) =>
    `  ${name.padEnd(width)}  ${title} (about ${Math.ceil(usual / 60)} min${onlyByName ? "; only when asked for by name" : ""})`,
);
const command = new Command("npm run bench --")
  .description("Measures on this machine. Do not use the machine for anything else meanwhile.")
  .addArgument(
    new Argument("[row...]", "which rows; without any, all that need not be asked for").choices(
      rows.map(({ name }) => name),
    ),
  )
  .option("--json", "print JSON on standard output")
  .addHelpText("after", `\nRows:\n${list.join("\n")}`)
  .parse();

const names = command.processedArgs[0] as string[];
const { json = false } = command.opts<{ json?: boolean }>();
const chosen = rows.filter(({ name, onlyByName }) =>
  names.length === 0 ? !onlyByName : names.includes(name),
);

try {
  if (chosen.length === 0) throw new UserError(`Every row has to be asked for by name:\n${list.join("\n")}`);
  const progress = createProgress(process.stderr);
  const results: { row: string; measures: readonly Measure[] }[] = [];
  for (const row of chosen) {
    const measures = await progress.step(`measure ${row.name}`, { usual: row.usual }, () =>
      row.run({ progress, signal: abort.signal }),
    );
    results.push({ row: row.name, measures });
  }
  const machine = thisMachine();
  const date = new Date().toISOString();
  if (json) {
    console.log(JSON.stringify({ date, machine, results }, null, 2));
  } else {
    const { cpu, cores, memoryGB, system, node } = machine;
    console.log(`${date}, ${cores} × ${cpu}, ${memoryGB} GB, ${system}, Node.js ${node}`);
    for (const { row, measures } of results) printTable(row, measures);
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function printTable(row: string, measures: readonly Measure[]): void {
  console.log(`\n${row}`);
  const widest = Math.max(...measures.map(({ name }) => name.length));
  for (const { name, value, unit, target, share } of measures) {
    const goal = target === undefined ? "" : `  (${value <= target ? "within" : "OVER"} ${target} ${unit})`;
    const percent = share === undefined ? "" : `${share} %`.padStart(7);
    console.log(`  ${name.padEnd(widest)}  ${String(value).padStart(7)} ${unit}${percent}${goal}`);
  }
}
