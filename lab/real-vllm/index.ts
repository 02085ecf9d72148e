/** `npm run real-vllm -- <which>`: builds a real vLLM for this machine's CPU once, and serves a tiny model with it. */
import { InvalidArgumentError } from "commander";
import { Ended } from "../../system/errors.ts";
import { inWords, newCommand } from "../../system/terminal/command-line.ts";
import { createProgress } from "../toolchain/base/progress.ts";
import { folderInCache } from "../toolchain/index.ts";
import { buildRealVllm } from "./build.ts";
import { realVllms } from "./packages.ts";
import { serveRealVllm } from "./serve.ts";

interface Options {
  readonly port: number;
  readonly folder?: string;
  readonly python: string;
  readonly buildOnly?: boolean;
}

const command = newCommand(
  "npm run real-vllm --",
  "Builds a real vLLM for this machine's CPU once, and serves a tiny model with it until Ctrl-C.",
)
  .argument("<which>", `one of ${Object.keys(realVllms).join(", ")}`)
  .argument("[arguments...]", "after --: arguments of vLLM itself")
  .option("--port <number>", "port on 127.0.0.1", portNumber, 18_000)
  .option("--folder <folder>", "where it is built (default: real-vllm/ in the toolchain's cache)")
  .option("--python <program>", "the Python to build with", "python3.12")
  .option("--build-only", "do not serve")
  .action(main);

async function main(which: string, more: readonly string[], options: Options): Promise<void> {
  const vllm = realVllms[which];
  if (vllm === undefined) {
    throw new Ended(
      "usage",
      `There is no real vLLM named ${which}; there is one of ${Object.keys(realVllms).join(", ")}.`,
    );
  }
  const folder = options.folder ?? (await folderInCache("real-vllm", vllm.version));
  const abort = new AbortController();
  const stop = (): void =>
    abort.abort(new Ended("interrupted", "Stopped. The next run begins the build anew."));
  const progress = createProgress(process.stderr);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  await buildRealVllm({ vllm, folder, python: options.python, progress, signal: abort.signal });
  if (options.buildOnly) return;
  progress.say(`vLLM ${vllm.version} will answer at http://127.0.0.1:${options.port} in about 40 s.`);
  process.exitCode = await serveRealVllm({ folder, port: options.port, more });
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new InvalidArgumentError("It must be a port number.");
}

await inWords(() => command.parseAsync());
