/** `npm run litellm`: the printed configuration in a real LiteLLM, with the first server killed and stopped under streams. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clientAnswer } from "../../stacks/clients/index.ts";
import { litellmVersion } from "../../stacks/clients/litellm.ts";
import { planFromFiles } from "../../stacks/index.ts";
import { inWords, newCommand } from "../../system/terminal/command-line.ts";
import { machineText, thisMachine } from "../bench/machine.ts";
import { projectRoot } from "../sandbox/base/paths.ts";
import { createProgress } from "../toolchain/base/progress.ts";
import { cacheFolder } from "../toolchain/index.ts";
import { answering, drill, type Figures, startServer } from "./drill.ts";
import { installLiteLlm, programIn } from "./install.ts";

interface Options {
  readonly python: string;
  readonly document?: string;
}

const ports = { proxy: 18_200, gpu: 18_201, cpu: 18_202 };
const key = "sk-drill";

/** Mode ml's configuration, with the ports of this machine. */
function configuration(): string {
  const { endpoints, texts } = clientAnswer(planFromFiles(projectRoot, "ml"), "litellm");
  return texts
    .map(({ text }) => text)
    .join("")
    .replaceAll(endpoints.inCluster, `http://127.0.0.1:${ports.gpu}/v1`)
    .replaceAll(endpoints.cpu.url, `http://127.0.0.1:${ports.cpu}`);
}

async function main({ python, document }: Options): Promise<void> {
  const progress = createProgress(process.stderr);
  const folder = join(cacheFolder(), "litellm", litellmVersion);
  await installLiteLlm(folder, python, progress);
  const work = await mkdtemp(join(tmpdir(), "litellm-"));
  const config = join(work, "config.yaml");
  await writeFile(config, configuration());
  const cpu = await startServer(ports.cpu, "cpu");
  const proxy = spawn(
    programIn(folder),
    ["--config", config, "--host", "127.0.0.1", "--port", String(ports.proxy)],
    {
      stdio: "ignore",
      cwd: work,
      env: {
        PATH: process.env.PATH,
        HOME: work,
        LITELLM_MASTER_KEY: key,
        LITELLM_LOCAL_MODEL_COST_MAP: "True",
      },
    },
  );
  process.once("exit", () => proxy.kill("SIGKILL"));
  try {
    const url = `http://127.0.0.1:${ports.proxy}`;
    await progress.step("Starting LiteLLM", { usual: 10 }, () => answering(`${url}/health/liveliness`));
    const figures = await progress.step("Killing and stopping the server", { usual: 90 }, () =>
      drill(url, key, () => startServer(ports.gpu, "gpu")),
    );
    const text = report(figures);
    console.log(text);
    if (document !== undefined) await writeInto(document, text);
  } finally {
    proxy.kill("SIGKILL");
    cpu.kill("SIGKILL");
    await rm(work, { recursive: true, force: true });
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

/** Puts the text between the page's two marks. */
async function writeInto(document: string, text: string): Promise<void> {
  const page = await readFile(document, "utf8");
  await writeFile(
    document,
    page.replace(/(<!-- made by [^\n]*-->)[\s\S]*?(<!-- end -->)/, `$1\n\n${text}\n\n$2`),
  );
}

await inWords(() =>
  newCommand(
    "npm run litellm --",
    "Runs LiteLLM with the printed configuration, and takes the first server away under streams.",
  )
    .option("--python <program>", "the Python to install with", "python3.11")
    .option("--document <file>", "write the table between the marks of a Markdown file as well")
    .action((options: Options) => main(options))
    .parseAsync(),
);
