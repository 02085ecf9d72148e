/**
 * `npm run test:vllm`: what the tests ask the stub, asked of a real vLLM on this machine's CPU: the command line of each mode, by its
 * own parser; the suite of test/server, with a key; and `gpu-mode verify`.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readModeFiles } from "../../stacks/files/index.ts";
import { listModes, planFrom } from "../../stacks/index.ts";
import { serverArguments } from "../../stacks/plan/arguments.ts";
import { parseVersion } from "../../stacks/vocabulary/version.ts";
import { UserError } from "../../system/errors.ts";
import { endOf, finish, run } from "../../system/processes.ts";
import { inWords, newCommand } from "../../system/terminal/command-line.ts";
import { writeInto } from "../document.ts";
import { machineText, thisMachine } from "../machine.ts";
import { projectRoot } from "../sandbox/base/paths.ts";
import { createProgress } from "../toolchain/base/progress.ts";
import { folderInCache } from "../toolchain/index.ts";
import { buildRealVllm, placesIn } from "./build.ts";
import { realVllms } from "./packages.ts";
import { startRealVllm } from "./serve.ts";

interface Options {
  readonly python: string;
  readonly document?: string;
}

const command = "npm run test:vllm --";
const port = 18_010;
const key = "a-key-of-the-test";
/** About 40 where nothing else runs. */
const loadsWithinSeconds = 300;

async function main({ python, document }: Options): Promise<void> {
  const { newest: vllm } = realVllms;
  if (vllm === undefined) throw new Error("packages.ts names no newest vLLM");
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => abort.abort(new UserError("Stopped.")));
  }
  const { signal } = abort;
  const progress = createProgress(process.stderr);
  const folder = await folderInCache("real-vllm", vllm.version);
  await buildRealVllm({ vllm, folder, python, progress, signal });
  const parsed = await progress.step("Parsing each mode's command line", { usual: 20 }, () =>
    parsedBy(placesIn(folder).python, vllm.version),
  );
  const ml = planFrom(readModeFiles(projectRoot, "ml"), projectRoot);
  const serving = <T>(more: readonly string[], use: (url: string) => Promise<T>): Promise<T> =>
    withServer(folder, ["--served-model-name", ...ml.server.servedNames, ...more], async (url) => {
      await progress.step("Starting vLLM", { usual: 40 }, () => answering(url, signal));
      return use(url);
    });
  const passed = await serving(["--api-key", key], (url) =>
    progress.step("Asking the suite of test/server", { usual: 20 }, () => suiteOn(url, signal)),
  );
  const verified = await serving([], (url) =>
    progress.step("gpu-mode verify", { usual: 20 }, () =>
      run(process.execPath, ["cli/gpu-mode.mjs", "verify", "ml", "--url", url], { cwd: projectRoot, signal }),
    ),
  );
  const text = [
    `${new Date().toISOString().slice(0, 10)}, vLLM ${vllm.version}, ${machineText(thisMachine())}; dummy weights of 2 layers under the names of mode \`ml\`.`,
    "",
    "```",
    `test/server: ${passed}`,
    ...parsed.map((line) => `command line of ${line}`),
    "",
    // Without its progress.
    ...verified.slice(verified.findIndex((line) => line.startsWith("Mode "))),
    "```",
  ].join("\n");
  console.log(text);
  if (document !== undefined) await writeInto(document, command, text);
}

/** A vLLM for the time of its use. It ends with this process, too. */
async function withServer<T>(
  folder: string,
  more: readonly string[],
  use: (url: string) => Promise<T>,
): Promise<T> {
  const server = startRealVllm({ folder, port, more }, "ignore");
  const ended = endOf(server);
  const end = (): void => void server.kill("SIGTERM");
  process.once("exit", end);
  try {
    return await use(`http://127.0.0.1:${port}`);
  } finally {
    process.off("exit", end);
    end();
    await ended;
  }
}

/** How many cases passed, in the words of the test run. @throws UserError with its report where one did not */
async function suiteOn(url: string, signal: AbortSignal): Promise<string> {
  const env = { ...process.env, VLLM_PLATFORM_REAL_SERVER: url, VLLM_PLATFORM_REAL_SERVER_KEY: key };
  const lines = await run("npm", ["test", "--", "test/server/real.test.ts"], {
    cwd: projectRoot,
    env,
    signal,
  });
  const passed = lines.find((line) => /^[1-9]\d* passed, 0 failed, 0 skipped$/.test(line));
  if (passed === undefined) throw new UserError(lines.join("\n"));
  return passed;
}

/** What vLLM's own parser says of the command line that each mode has for this version. @throws UserError where it refuses one */
async function parsedBy(python: string, version: string): Promise<string[]> {
  const parsed = parseVersion(version);
  if (parsed === undefined) throw new Error(`no version: ${version}`);
  const modes = listModes(projectRoot).map((mode) => planFrom(readModeFiles(projectRoot, mode), projectRoot));
  const lines = modes.map(
    ({ mode, settings, server }) => [mode, serverArguments(settings, server.numbers, parsed)] as const,
  );
  const { status, stdout, stderr } = await finish(python, [join(import.meta.dirname, "parse_arguments.py")], {
    input: JSON.stringify(Object.fromEntries(lines)),
    env: { ...process.env, HF_HUB_OFFLINE: "1", VLLM_LOGGING_LEVEL: "ERROR" },
  });
  const said = stdout
    .trim()
    .split("\n")
    .filter((line) => /: (taken|refused)/.test(line));
  if (status !== 0 || said.length !== modes.length) {
    throw new UserError(
      `vLLM ${version} does not take every mode's command line.\n${stdout}${stderr.slice(-1000)}`,
    );
  }
  return said;
}

async function answering(url: string, signal: AbortSignal): Promise<void> {
  for (const until = Date.now() + loadsWithinSeconds * 1000; Date.now() < until; ) {
    signal.throwIfAborted();
    const { ok } = await fetch(`${url}/health`).catch(() => ({ ok: false }));
    if (ok) return;
    await sleep(500);
  }
  throw new UserError(
    `vLLM does not answer within ${loadsWithinSeconds} s. \`npm run real-vllm -- newest\` shows its log.`,
  );
}

await inWords(() =>
  newCommand(
    command,
    "Asks a real vLLM on this machine's CPU what the tests ask the stub: each mode's command line, the suite of test/server, gpu-mode verify. Builds it first, once (4 minutes, 6.2 GB).",
  )
    .option("--python <program>", "the Python to build with", "python3.12")
    .option("--document <file>", "write the result between the marks of a Markdown file as well")
    .action(main)
    .parseAsync(),
);
