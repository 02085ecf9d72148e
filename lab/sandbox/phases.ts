import { join } from "node:path";
import { nodeParts as partsOfNode } from "../toolchain/base/node-parts.ts";
import type { Progress } from "../toolchain/base/progress.ts";
import { ensureToolchain, findToolchain, type PartName, type Toolchain } from "../toolchain/index.ts";
import { makeFolders, type SandboxPaths } from "./base/paths.ts";
import { recordedPorts, urlOf } from "./base/ports.ts";
import type { ClusterAccess } from "./cluster/access.ts";
import { startCluster } from "./cluster/index.ts";
import { childEnvironment, sandboxVariables } from "./pulumi/environment.ts";
import type { KeyService } from "./pulumi/key-service.ts";
import { preparePulumi } from "./pulumi/prepare.ts";
import { type PulumiCommand, pulumi } from "./pulumi/state.ts";
import { pulumiUp } from "./pulumi/up.ts";
import { startRealNode } from "./real-node.ts";
import { type Answer, waitForAnswer } from "./server/answer.ts";
import { freeDaemonPorts, startDaemon } from "./server/daemon-control.ts";
import type { GpuNode } from "./simulation/index.ts";
import { applyWorld } from "./world/index.ts";

/** The parts that the cluster consists of, and those that Pulumi does. */
export const clusterParts: PartName[] = [
  ...([
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubectl",
    "kwok",
    "kwokctl",
  ] as const),
  ...(["cert-manager-crds", "traefik-crds"] as const),
];
export const pulumiParts: PartName[] = [
  ...(["pulumi", "pulumi-language-nodejs"] as const),
  ...(["pulumi-resource-kubernetes", "pulumi-resource-command", "pulumi-resource-random"] as const),
];

/** Those of a GPU node that a kubelet runs. */
export const nodeParts: PartName[] = partsOfNode.map(({ name }) => name);

/** What the phases of one start share. */
export interface SandboxContext {
  readonly paths: SandboxPaths;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Encrypts the stacks' secrets. @default a passphrase of the sandbox's own */
  readonly keys?: KeyService | undefined;
  /** Set by the phases that fetch the toolchain. */
  toolchain?: Toolchain;
}

/** And those of one `npm start`. */
export interface StartContext extends SandboxContext {
  readonly mode: string;
  /** Set by the last phase. */
  answer?: Answer;
}

export interface Phase<Context extends SandboxContext = StartContext> {
  readonly name: string;
  /** What is shown while it runs. */
  readonly title: string;
  /** Names of the phases that must be over before it begins. */
  readonly needs: readonly string[];
  /** Seconds it usually takes, everything else being in place. */
  readonly usual: number;
  /** Parts of the toolchain that it fetches. While some are missing, each is a step of its own, with its own time. */
  readonly fetches?: readonly PartName[];
  run(context: Context, note: (text: string) => void): Promise<void>;
}

const allParts = [...clusterParts, ...pulumiParts];

async function fetchParts(context: SandboxContext, parts: readonly PartName[]): Promise<void> {
  const { progress, signal } = context;
  context.toolchain = await ensureToolchain({ progress, signal, parts });
}

/**
 * What brings the sandbox up. Each phase may be repeated, and be cut off at any moment: the next run goes on. The
 * cluster starts while the parts that only Pulumi needs are still being fetched.
 */
export const sandboxPhases: readonly Phase<SandboxContext>[] = [
  {
    name: "cluster-parts",
    title: "Fetch the parts of the cluster",
    needs: [],
    usual: 1,
    fetches: clusterParts,
    run: (context) => fetchParts(context, clusterParts),
  },
  {
    name: "cluster",
    title: "Start the cluster",
    needs: ["cluster-parts"],
    usual: 5,
    async run(context) {
      const { paths, signal } = context;
      await makeFolders(paths);
      await freeDaemonPorts(paths, await startCluster(paths, toolchainOf(context), signal));
    },
  },
  {
    name: "world",
    title: "Set up the simulated nodes",
    needs: ["cluster"],
    usual: 5,
    async run(context) {
      const ports = await recordedPorts(context.paths);
      await applyWorld({ access: accessOf(context), toolchain: toolchainOf(context), ports });
    },
  },
  {
    name: "daemon",
    title: "Start the stub server and the URL",
    needs: ["cluster"],
    usual: 1,
    run: ({ paths }) => startDaemon(paths),
  },
  {
    name: "pulumi-parts",
    title: "Fetch the parts of Pulumi",
    needs: ["cluster-parts"],
    usual: 1,
    fetches: allParts,
    run: (context) => fetchParts(context, allParts),
  },
  {
    name: "project",
    title: "Prepare Pulumi's project and stacks",
    needs: ["pulumi-parts"],
    usual: 2,
    async run(context) {
      const notes = await preparePulumi(context.paths, toolchainOf(context), context.keys);
      context.signal.throwIfAborted(); // Ctrl-C ends pulumi, too: what it could not do then is no fault of the files
      for (const line of [...notes, ...toolchainOf(context).warnings]) context.progress.say(line);
    },
  },
];

const realNodePhases: readonly Phase<SandboxContext>[] = [
  {
    name: "node-parts",
    title: "Fetch the parts of a real node",
    needs: ["pulumi-parts"],
    usual: 1,
    fetches: [...allParts, ...nodeParts],
    run: (context) => fetchParts(context, [...allParts, ...nodeParts]),
  },
  {
    name: "node",
    title: "Start the real node",
    needs: ["world", "node-parts"],
    usual: 15,
    run: (context) => startRealNode(accessOf(context), toolchainOf(context)),
  },
];

/** With a real GPU node where that is what the sandbox has. */
export function sandboxPhasesFor(gpuNode: GpuNode): readonly Phase<SandboxContext>[] {
  return gpuNode === "real" ? [...sandboxPhases, ...realNodePhases] : sandboxPhases;
}

/** What `npm start` does: the sandbox's phases, and a mode in it. */
export function phasesFor(gpuNode: GpuNode): readonly Phase[] {
  const before = sandboxPhasesFor(gpuNode);
  return [...before, ...modePhases(before.map(({ name }) => name))];
}

const modePhases = (before: readonly string[]): readonly Phase[] => [
  {
    name: "up",
    title: "pulumi up",
    needs: ["world", "daemon", "project", "node"].filter((name) => before.includes(name)),
    usual: 15,
    async run(context, note) {
      const { paths, mode, signal } = context;
      const toolchain = toolchainOf(context);
      await pulumi(pulumiOf(context), ["stack", "select", mode]);
      await pulumiUp({ paths, toolchain, mode, note, signal });
    },
  },
  {
    name: "answer",
    title: "Wait for the server's answer",
    needs: ["up"],
    usual: 3,
    async run(context, note) {
      const url = urlOf(await recordedPorts(context.paths));
      context.answer = await waitForAnswer(accessOf(context), url, note);
    },
  },
];

/** Runs all phases, each as soon as what it needs is over. The first failure ends the others. */
export async function runPhases<Context extends SandboxContext>(
  context: Context,
  abort: AbortController,
  list: readonly Phase<Context>[],
): Promise<void> {
  const running = new Map<string, Promise<void>>();
  for (const phase of list) {
    const needed = Promise.all(phase.needs.map((name) => running.get(name)));
    const next = list.find(({ needs }) => needs.includes(phase.name))?.title;
    const run = needed.then(() => {
      context.signal.throwIfAborted();
      const { title, fetches } = phase;
      const usual = fetches === undefined || findToolchain(fetches) ? phase.usual : undefined;
      return context.progress.step(title, { usual, ...(next ? { next } : {}) }, (note) =>
        phase.run(context, note),
      );
    });
    running.set(phase.name, run);
    // Others may be waiting for something else when this one fails; the first error is the one to tell.
    run.catch((error: unknown) => abort.abort(error));
  }
  const outcomes = await Promise.allSettled(running.values());
  if (outcomes.some(({ status }) => status === "rejected")) throw abort.signal.reason;
}

function toolchainOf({ toolchain }: SandboxContext): Toolchain {
  if (toolchain === undefined) throw new Error("a phase ran before the toolchain was there");
  return toolchain;
}

export function pulumiOf(context: SandboxContext): PulumiCommand {
  const toolchain = toolchainOf(context);
  return {
    pulumi: join(toolchain.bin, "pulumi"),
    env: childEnvironment(sandboxVariables(context.paths, toolchain)),
  };
}

export function accessOf(context: SandboxContext): ClusterAccess {
  return { kubectl: toolchainOf(context).path("kubectl"), paths: context.paths, signal: context.signal };
}
