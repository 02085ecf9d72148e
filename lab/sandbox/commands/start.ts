import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { Option } from "commander";
import { parse } from "yaml";
import { requireMode } from "../../../operations/project.ts";
import { Ended, UserError } from "../../../system/errors.ts";
import { tryLock } from "../../../system/lock.ts";
import { newCommand } from "../../../system/terminal/command-line.ts";
import { requireRealNode } from "../../node/index.ts";
import { createProgress } from "../../toolchain/base/progress.ts";
import {
  defaultSandboxDir,
  makeFolders,
  projectRoot,
  type SandboxPaths,
  sandboxPaths,
} from "../base/paths.ts";
import { recordedPorts, urlOf } from "../base/ports.ts";
import { stopCluster } from "../cluster/index.ts";
import { accessOf, phasesFor, pulumiOf, runPhases, type StartContext } from "../phases.ts";
import { listModes } from "../pulumi/project.ts";
import { pulumi } from "../pulumi/state.ts";
import { type GpuNode, readSimulation, rememberGpuNode } from "../simulation/index.ts";
import { runEntry } from "./entry.ts";
import { describeGpu, describeObjects, suggestions } from "./summary.ts";

/** The mode that `npm start` without an argument brings up. */
const defaultMode = "ml";

async function main(): Promise<void> {
  const paths = sandboxPaths(defaultSandboxDir());
  const own = await listModes(paths.files);
  const modes = own.length > 0 ? own : await listModes(projectRoot);
  const folder = own.length > 0 ? await realpath(paths.files) : projectRoot;
  await newCommand(
    "npm start --",
    "Starts the sandbox and brings up a mode in it with a real `pulumi up`. What runs already is used again.",
  )
    .argument("[mode]", `one of ${modes.join(", ")}`, defaultMode)
    .addOption(
      new Option(
        "--node <kind>",
        "what the GPU node is: simulated by kwok, or run by a real kubelet (Linux, root)",
      ).choices(["simulated", "real"]),
    )
    .action((mode: string, { node }: { node?: GpuNode }) => {
      requireMode({ modes, folder, edited: folder }, mode);
      return start({ paths, mode, modes, node });
    })
    .parseAsync();
}

interface Asked {
  readonly paths: SandboxPaths;
  readonly mode: string;
  readonly modes: readonly string[];
  /** Undefined: as it was. */
  readonly node: GpuNode | undefined;
}

async function start({ paths, mode, modes, node }: Asked): Promise<void> {
  if (node === "real") await requireRealNode(paths.node);
  await makeFolders(paths);
  const release = await tryLock(paths.lock, "npm start");
  if (typeof release === "object") {
    throw new UserError(
      `${release.title} is running in this sandbox already (process ${release.pid}); wait until it has finished, or end it.`,
    );
  }
  const abort = new AbortController();
  const interrupted = (): void =>
    abort.abort(
      new Ended(
        "interrupted",
        "Stopped. The next `npm start` goes on from here; `npm run stop` ends what runs in the background.",
      ),
    );
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupted);
  const progress = createProgress();
  const context: StartContext = { paths, mode, progress, signal: abort.signal };
  try {
    await sayPlan(paths.files, mode, (line) => progress.say(line));
    const elsewhere = await clusterInConfig(paths.files);
    if (elsewhere !== undefined) {
      progress.say(
        `The config names a cluster (${elsewhere}). It is left alone: npm start uses only the sandbox.`,
      );
    }
    if (node !== undefined) await changeGpuNode(paths, node);
    await runPhases(context, abort, phasesFor((await readSimulation(paths)).gpuNode));
    await sayResult(context, modes);
  } finally {
    await release();
  }
}

/** A node of the other kind ends; its pods are the cluster's, and the new one takes them over. */
async function changeGpuNode(paths: SandboxPaths, node: GpuNode): Promise<void> {
  if ((await readSimulation(paths)).gpuNode === node) return;
  await stopCluster(paths);
  await rememberGpuNode(paths, node);
}

/** The plan needs no part of the toolchain; a mode that cannot work is refused before anything is fetched. */
async function sayPlan(folder: string, mode: string, say: (line: string) => void): Promise<void> {
  const { describePlan, planFromFiles } = await import("../../../stacks/index.ts");
  for (const line of describePlan(planFromFiles(folder, mode))) say(line);
}

/** The cluster that the tracked config names, which `npm start` does not touch. */
async function clusterInConfig(folder: string): Promise<string | undefined> {
  const { config } = parse(await readFile(join(folder, "Pulumi.yaml"), "utf8")) as {
    config?: Record<string, { value?: { kubeconfig?: string; context?: string } } | undefined>;
  };
  const cluster = Object.entries(config ?? {}).find(([key]) => key.endsWith(":cluster"))?.[1]?.value;
  return cluster?.context ?? cluster?.kubeconfig;
}

async function sayResult(context: StartContext, modes: readonly string[]): Promise<void> {
  const access = accessOf(context);
  const url = urlOf(await recordedPorts(context.paths));
  const others = modes.filter((one) => one !== context.mode).reverse();
  const [objects, gpu, { node, servedNames = [] }] = await Promise.all([
    describeObjects(access),
    describeGpu(access),
    outputsOf(context),
  ]);
  const answer = context.answer ?? { free: true };
  const served = "serves" in answer ? answer.serves : servedNames;
  const wantsKey = "wantsKey" in answer;
  const lines = [
    "",
    `Mode ${context.mode} is up. In namespace ml there are:`,
    ...objects,
    "",
    gpu,
    ...(node === undefined
      ? []
      : [
          `The GPU node's check: ${node}.${/warning|fault/.test(node) ? ' More of it: eval "$(npm run -s env)" && gpu-mode doctor' : ""}`,
        ]),
    `URL: ${url} (a stub server: its answers are labelled as simulated)`,
    ...(served.length === 0
      ? []
      : [`It serves ${served.join(", ")}${wantsKey ? " to clients with the API key" : ""}.`]),
    "",
    "Try next:",
    ...suggestions(url, { served, wantsKey }, others).map((line) => `  ${line}`),
  ];
  for (const line of lines) context.progress.say(line);
}

/** What the stack says: what the check of the GPU node found, which a mode that needs no node has not; and what is served. */
async function outputsOf(context: StartContext): Promise<{ node?: string; servedNames?: string[] }> {
  const outputs = await pulumi(pulumiOf(context), ["stack", "output", "--json", "--stack", context.mode]);
  return JSON.parse(outputs) as { node?: string; servedNames?: string[] };
}

await runEntry(main);
