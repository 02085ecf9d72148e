/** `npm run test:litellm`: the printed configuration in a real LiteLLM, with the first server killed and stopped under streams. */
import type { ChildProcess } from "node:child_process";
import { litellmVersion } from "../../stacks/clients/litellm.ts";
import { inWords, newCommand } from "../../system/terminal/command-line.ts";
import { writeInto } from "../document.ts";
import { machineText, thisMachine } from "../machine.ts";
import { createProgress } from "../toolchain/base/progress.ts";
import { drill, type Figures, startServer } from "./drill.ts";
import { ports, startLiteLlm, usualPython } from "./proxy.ts";

interface Options {
  readonly python: string;
  readonly document?: string;
}

const command = "npm run test:litellm --";

async function main({ python, document }: Options): Promise<void> {
  const progress = createProgress(process.stderr);
  const proxy = await startLiteLlm(python, progress);
  let cpu: ChildProcess | undefined;
  try {
    cpu = await startServer(ports.cpu, "cpu");
    const figures = await progress.step("Killing and stopping the server", { usual: 90 }, () =>
      drill(proxy.url, proxy.key, () => startServer(ports.gpu, "gpu")),
    );
    const text = report(figures);
    console.log(text);
    if (document !== undefined) await writeInto(document, command, text);
  } finally {
    await proxy.close();
    cpu?.kill("SIGKILL");
  }
}

function report(figures: readonly Figures[]): string {
  const s = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(2)} s` : "never");
  const rows = figures.map(({ event, cut, firstCpu, lastCpu, laterMedian, laterMost, back }) => [
    event,
    `${cut} of 8`,
    `${s(firstCpu)} to ${s(lastCpu)}`,
    `${s(laterMedian)}, at most ${s(laterMost)}`,
    s(back),
  ]);
  const head = [
    "event",
    "streams cut",
    "first token of the CPU",
    "later requests, to their first token",
    "back on the GPU",
  ];
  const table = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  return [
    `${new Date().toISOString().slice(0, 10)}, LiteLLM ${litellmVersion}, ${machineText(thisMachine())}; 8 clients, each with its next stream as soon as one has ended.`,
    "",
    line(head),
    line(widths.map((width) => "-".repeat(width))),
    ...rows.map(line),
  ].join("\n");
}

await inWords(() =>
  newCommand(
    command,
    "Runs LiteLLM with the printed configuration, and takes the first server away under streams.",
  )
    .option("--python <program>", "the Python to install with", usualPython)
    .option("--document <file>", "write the table between the marks of a Markdown file as well")
    .action((options: Options) => main(options))
    .parseAsync(),
);
