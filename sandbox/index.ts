import { rm } from "node:fs/promises";
import { join } from "node:path";
import { removeEmptyAttributes } from "../cluster/pulumi-files.ts";
import { ensureToolchain, findToolchain, type PartName, type Toolchain } from "../toolchain/index.ts";
import type { Progress } from "../toolchain/progress.ts";
import { UserError } from "../toolchain/user-error.ts";
import { startCluster, stopCluster } from "./cluster.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import { freeDaemonPorts, startDaemon } from "./daemon-control.ts";
import { childEnvironment, sandboxVariables } from "./environment.ts";
import { readJson } from "./json-file.ts";
import { endLeftPlugins, runningProcesses } from "./leftovers.ts";
import { defaultSandboxDir, makeFolders, type SandboxPaths, sandboxPaths } from "./paths.ts";
import type { Ports } from "./ports.ts";
import { linkPlugins, makePassphrase, syncProject } from "./project.ts";
import { writeShims } from "./pulumi-shim.ts";
import { clearPendingOperations, clearStaleLocks, initStacks } from "./pulumi-state.ts";
import type { Scenario } from "./scenarios.ts";
import { setGpu, setGpuNodeLabels, setGpuNodePower, setScenario } from "./simulation.ts";
import { applyWorld } from "./world.ts";

export type { Scenario, ScenarioName } from "./scenarios.ts";

export interface StartOptions {
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** An embedded cluster with a simulated GPU node, and a Pulumi of its own; all of it in one folder. */
export interface Sandbox {
  readonly dir: string;
  readonly kubeconfig: string;
  /** Where the seed's calls are answered; known once the sandbox has been started. */
  readonly url: string;
  /** Brings everything up; what runs already is left as it is. */
  start(options: StartOptions): Promise<void>;
  /** Ends every process; the cluster's and Pulumi's state stay. */
  stop(): Promise<void>;
  /** Ends every process and removes the folder. */
  remove(): Promise<void>;
  /** A whole environment for child processes. */
  environment(): Record<string, string>;
  /** What happens to pods with a GPU. */
  setScenario(scenario: Scenario): Promise<void>;
  setGpuNodePower(power: "on" | "off"): Promise<void>;
  setGpu(gpu: "present" | "gone"): Promise<void>;
  setGpuNodeLabels(labels: Record<string, string | null>): Promise<void>;
}

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

/** @param dir default `$VLLM_PLATFORM_SANDBOX`, else `.sandbox` in the clone. */
export function openSandbox(dir: string = defaultSandboxDir()): Sandbox {
  const paths = sandboxPaths(dir);
  let ports: Ports | undefined;
  const access = (): ClusterAccess => ({ kubectl: installedToolchain().path("kubectl"), paths });
  return {
    dir: paths.dir,
    kubeconfig: paths.kubeconfig,
    get url() {
      if (ports === undefined) throw new Error("the sandbox has not been started");
      return urlOf(ports);
    },
    async start({ progress, signal }) {
      const toolchain = await ensureToolchain({ progress, ...(signal ? { signal } : {}) });
      await progress.step("start the sandbox's cluster", { usual: 5 }, () =>
        startSandboxCluster(paths, toolchain, signal),
      );
      await progress.step("prepare Pulumi", { usual: 2 }, () => preparePulumi(paths, toolchain));
      ports = await recordedPorts(paths);
    },
    stop: () => stopCluster(paths),
    async remove() {
      await stopCluster(paths);
      await rm(paths.dir, { recursive: true, force: true });
    },
    environment: () => childEnvironment(sandboxVariables(paths, installedToolchain())),
    setScenario: (scenario) => setScenario(access(), scenario),
    setGpuNodePower: (power) => setGpuNodePower(access(), power),
    setGpu: (gpu) => setGpu(access(), gpu),
    setGpuNodeLabels: (labels) => setGpuNodeLabels(access(), labels),
  };
}

/** Cluster, world and daemon. */
export async function startSandboxCluster(
  paths: SandboxPaths,
  toolchain: Toolchain,
  signal?: AbortSignal,
): Promise<void> {
  await makeFolders(paths);
  const ports = await startCluster(paths, toolchain, signal);
  const access = { kubectl: toolchain.path("kubectl"), paths, ...(signal ? { signal } : {}) };
  await applyWorld({ access, toolchain, ports: await freeDaemonPorts(paths, ports) });
  await startDaemon(paths);
}

/**
 * Project, stacks and shim; traces of a killed pulumi are removed.
 *
 * @returns sentences for the user.
 */
export async function preparePulumi(paths: SandboxPaths, toolchain: Toolchain): Promise<string[]> {
  await makeFolders(paths);
  await makePassphrase(paths);
  await linkPlugins(paths, toolchain.plugins);
  const notes = await syncProject(paths);
  const pulumi = join(toolchain.bin, "pulumi");
  await writeShims(paths, pulumi);
  await endLeftPlugins(paths);
  await removeEmptyAttributes(paths.state);
  const command = { pulumi, env: childEnvironment(sandboxVariables(paths, toolchain)) };
  await initStacks(paths, command);
  for (const stack of await clearStaleLocks(paths))
    notes.push(`Stack ${stack} was locked by a pulumi that has been killed; it is free again.`);
  for (const stack of await clearPendingOperations(paths, command)) {
    notes.push(
      `Stack ${stack} had operations under way when pulumi was killed; this run finds out what they did.`,
    );
  }
  return notes;
}

/** The toolchain that a started sandbox must have. */
export function installedToolchain(): Toolchain {
  const toolchain = findToolchain();
  if (toolchain === undefined) throw new UserError("The toolchain is incomplete; run `npm start`.");
  return toolchain;
}

export async function recordedPorts(paths: SandboxPaths): Promise<Ports> {
  const ports = await readJson<Ports>(paths.ports);
  if (ports === undefined) throw new UserError("There is no sandbox yet; run `npm start`.");
  return ports;
}

export const urlOf = (ports: Ports): string => `http://127.0.0.1:${ports.url}`;

/** Whether any process of the sandbox runs. */
export async function isRunning(paths: SandboxPaths): Promise<boolean> {
  return (await runningProcesses(paths)).length > 0;
}
