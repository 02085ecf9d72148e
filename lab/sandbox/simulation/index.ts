import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../../system/errors.ts";
import { readJson, writeJson } from "../../../system/json-file.ts";
import { tellNode } from "../../node/index.ts";
import { simulatedNodeLabel } from "../base/cluster-config.ts";
import type { SandboxPaths } from "../base/paths.ts";
import { platformNames } from "../base/platform-names.ts";
import { apply, type ClusterAccess, kubectl, patch, patchStatus } from "../cluster/access.ts";
import { certificateStages } from "../stages/certificate.ts";
import { nodeStages } from "../stages/node.ts";
import { type Stage, stageLabel } from "../stages/stage.ts";
import { logOf, type Scenario, smokeTestLogOf, stagesOf } from "./scenarios.ts";

export const gpuNode = "k3s-gpu-worker";
const gpuResource = "nvidia.com/gpu";

/** What is simulated; it outlasts a stop of the sandbox. */
export interface Simulation {
  readonly scenario: Scenario;
  /** The GPU node's power. */
  readonly node: "on" | "off";
  /** Whether the GPU node offers its GPU. */
  readonly gpu: "present" | "gone";
  /** Whether kwok plays the GPU node, or a kubelet runs pods there. */
  readonly gpuNode: GpuNode;
}

export type GpuNode = "simulated" | "real";

const initialSimulation: Simulation = {
  scenario: { name: "healthy" },
  node: "on",
  gpu: "present",
  gpuNode: "simulated",
};

export async function readSimulation(paths: SandboxPaths): Promise<Simulation> {
  return { ...initialSimulation, ...(await readJson<Simulation>(paths.simulation)) };
}

/** Has the next start of the sandbox bring up the GPU node so. */
export const rememberGpuNode = (paths: SandboxPaths, gpuNode: GpuNode): Promise<void> =>
  remember(paths, { gpuNode });

/** Has the next start of the sandbox set a scenario. */
export const rememberScenario = (paths: SandboxPaths, scenario: Scenario): Promise<void> =>
  remember(paths, { scenario });

/**
 * Sets what happens to pods with a GPU from now on, to those that live already too. Stages of the previous scenario
 * are removed.
 */
export async function setScenario(access: ClusterAccess, scenario: Scenario): Promise<void> {
  await requireSimulated(access.paths, "What happens to its pods");
  await rememberScenario(access.paths, scenario);
  await apply(access, await stagesToApply(access, scenario));
  // kwok reads the new stages by a watch, and looks at a pod again only when the pod changes.
  await new Promise((wake) => setTimeout(wake, 300));
  await touchGpuPods(access);
}

/** The stages, and the log that `kubectl logs` shows. What another scenario has left is removed. */
export async function stagesToApply(
  access: ClusterAccess,
  scenario: Scenario,
): Promise<readonly (Stage | object)[]> {
  const stages = [...nodeStages(), ...certificateStages(), ...stagesOf(scenario)];
  const existing = await kubectl(access, ["get", "stages", "-l", stageLabel.key, "-o", "name"]);
  const wanted = new Set(stages.map((stage) => `stage.kwok.x-k8s.io/${stage.metadata.name}`));
  const stale = existing.split("\n").filter((name) => name !== "" && !wanted.has(name));
  // Removed first: two stages that match the same pod would be chosen between by chance.
  if (stale.length > 0) await kubectl(access, ["delete", "--ignore-not-found", ...stale]);
  return [...stages, await logs(access, scenario)];
}

async function logs(access: ClusterAccess, scenario: Scenario): Promise<object> {
  const folder = join(access.paths.logs, "pods");
  await mkdir(folder, { recursive: true });
  const time = new Date().toISOString();
  const write = async (name: string, lines: readonly string[]) => {
    const logsFile = join(folder, `${name}.log`);
    await writeFile(logsFile, lines.map((line) => `${time} stdout F ${line}\n`).join(""));
    return { logsFile, previousLogsFile: logsFile };
  };
  const { smokeTest } = platformNames;
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "ClusterLogs",
    metadata: { name: "pods" },
    spec: {
      logs: [
        {
          containers: [smokeTest],
          ...(await write(`${scenario.name}.${smokeTest}`, smokeTestLogOf(scenario))),
        },
        await write(scenario.name, logOf(scenario)),
      ],
    },
  };
}

async function touchGpuPods(access: ClusterAccess): Promise<void> {
  const list = await kubectl(access, [
    ...["get", "pods", "--all-namespaces", `--field-selector=spec.nodeName=${gpuNode}`],
    '-o=jsonpath={range .items[*]}{.metadata.namespace} {.metadata.name}{"\\n"}{end}',
  ]);
  const lastProbeTime = `${new Date().toISOString().slice(0, 19)}Z`;
  for (const line of list.split("\n").filter((text) => text !== "")) {
    const [namespace, name] = line.split(" ") as [string, string];
    const change = { status: { conditions: [{ type: "PodScheduled", lastProbeTime }] } };
    await kubectl(access, [
      ...["patch", "pod", name, "-n", namespace, "--subresource=status", "--type=strategic"],
      ...["-p", JSON.stringify(change)],
    ]).catch((error: unknown) => {
      if (!/\(NotFound\)/.test(String(error))) throw error; // it has ended meanwhile
    });
  }
}

/**
 * Switches the GPU node's power. Off: nobody acts for the node any more, its lease is no longer renewed, and the
 * cluster sees at once what a real one sees when its grace period of 50 s has passed: the node's state is Unknown
 * and its pods are not ready.
 */
export async function setGpuNodePower(access: ClusterAccess, node: "on" | "off"): Promise<void> {
  await requireSimulated(access.paths, "Its power");
  await remember(access.paths, { node });
  const { key, value } = simulatedNodeLabel;
  if (node === "on") {
    await kubectl(access, ["delete", "lease", gpuNode, "-n", "kube-node-lease", "--ignore-not-found"]);
    await kubectl(access, ["label", "node", gpuNode, `${key}=${value}`, "--overwrite"]);
    return;
  }
  await kubectl(access, ["label", "node", gpuNode, `${key}-`]);
  await markUnknown(access);
}

async function markUnknown(access: ClusterAccess): Promise<void> {
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const conditions = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"].map((type) => ({
    type,
    status: "Unknown",
    reason: "NodeStatusUnknown",
    message: "Kubelet stopped posting node status.",
    lastTransitionTime: now,
  }));
  const strategic = ["--subresource=status", "--type=strategic", "-p"];
  await kubectl(access, ["patch", "node", gpuNode, ...strategic, JSON.stringify({ status: { conditions } })]);
  const pods = await kubectl(access, [
    ...["get", "pods", "--all-namespaces", `--field-selector=spec.nodeName=${gpuNode}`],
    '-o=jsonpath={range .items[*]}{.metadata.namespace} {.metadata.name}{"\\n"}{end}',
  ]);
  const notReady = { status: { conditions: [{ type: "Ready", status: "False", lastTransitionTime: now }] } };
  for (const line of pods.split("\n").filter((text) => text !== "")) {
    const [namespace, name] = line.split(" ") as [string, string];
    await kubectl(access, ["patch", "pod", name, "-n", namespace, ...strategic, JSON.stringify(notReady)]);
  }
}

/** Takes the GPU out of what the node offers (as after a lost eGPU), or puts it back. */
export async function setGpu(access: ClusterAccess, gpu: "present" | "gone"): Promise<void> {
  await remember(access.paths, { gpu });
  if ((await readSimulation(access.paths)).gpuNode === "real") {
    return tellNode(access.paths.node, `gpu ${gpu}`);
  }
  await patchStatus(access, `node/${gpuNode}`, {
    allocatable: { [gpuResource]: gpu === "present" ? "1" : "0" },
  });
}

/** Labels of the simulated node, for tests of what is read from GPU feature discovery; null removes one. */
export async function setGpuNodeLabels(
  access: ClusterAccess,
  labels: Record<string, string | null>,
): Promise<void> {
  await patch(access, `node/${gpuNode}`, { metadata: { labels } });
}

/** @throws UserError where a kubelet runs the GPU node's pods */
async function requireSimulated(paths: SandboxPaths, what: string): Promise<void> {
  if ((await readSimulation(paths)).gpuNode === "simulated") return;
  throw new UserError(
    `${what} cannot be simulated, as the GPU node is real: \`npm run stop\`, then \`npm start -- --node simulated\`.`,
  );
}

async function remember(paths: SandboxPaths, change: Partial<Simulation>): Promise<void> {
  await writeJson(paths.simulation, { ...(await readSimulation(paths)), ...change });
}
