import type { V1ContainerStatus, V1Deployment, V1Node, V1Pod } from "@kubernetes/client-node";
import { gpuNodeOf, whyNoGpu } from "./gpu-node.ts";
import type { Snapshot } from "./snapshot.ts";

/** Where a change stands, from what the cluster knows. */
export type Diagnosis =
  /** Nothing is left to wait for on the cluster's side: the pod is ready, or no pod is left. */
  | { state: "settled"; pod?: string }
  | { state: "waiting"; phase: Phase; detail: string }
  /** The node is off or has no GPU: the platform is declared and starts by itself when the node returns. */
  | { state: "node-away"; detail: string }
  /** It will not come right by itself. */
  | { state: "failed"; detail: string; log?: { pod: string; previous: boolean } };

export const phases = ["release", "apply", "schedule", "pull", "load"] as const;
export type Phase = (typeof phases)[number];

/** Reasons of a waiting container that no waiting mends. */
const hopelessReasons = new Set([
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImagePullBackOff",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
]);

/** Judges whether the mode that the Deployment declares is reached. */
export function diagnose(snapshot: Snapshot): Diagnosis {
  const { deployment, pods } = snapshot;
  if (deployment === undefined) {
    return { state: "waiting", phase: "apply", detail: "the Deployment is not there yet" };
  }
  const ending = pods.filter(isEnding);
  if ((deployment.spec?.replicas ?? 1) === 0) {
    return released(snapshot);
  }
  if ((deployment.status?.observedGeneration ?? 0) < (deployment.metadata?.generation ?? 0)) {
    return { state: "waiting", phase: "apply", detail: "the controller has not seen the change yet" };
  }
  const current = pods.filter((pod) => !isEnding(pod) && !hasFinished(pod) && isOfTemplate(pod, deployment));
  const judged = current.map((pod) => ofPod(pod, snapshot, ending.length));
  // Every server that is asked for counts: the first that is not there yet is what is waited for.
  for (const state of ["failed", "node-away", "waiting"] as const) {
    const found = judged.find((one) => one.state === state);
    if (found !== undefined) {
      return found;
    }
  }
  const last = judged.at(-1);
  return last === undefined || judged.length < (deployment.spec?.replicas ?? 1)
    ? withoutPod(snapshot, ending.length)
    : last;
}

/** Whether the GPU is free. A node that is off runs nothing, but only itself can say that its pods have ended. */
function released({ pods, nodes }: Snapshot): Diagnosis {
  if (pods.length === 0) {
    return { state: "settled" };
  }
  return isOff(nodes)
    ? {
        state: "node-away",
        detail: `${nodeAway(nodes)?.detail}, and the cluster knows of its pod's end when it is back`,
      }
    : { state: "waiting", phase: "release", detail: `${pods.length} pod still holds the GPU` };
}

function withoutPod({ deployment, nodes }: Snapshot, ending: number): Diagnosis {
  const refusal = deployment?.status?.conditions?.find(
    ({ type, status }) => type === "ReplicaFailure" && status === "True",
  );
  if (refusal !== undefined) {
    return {
      state: "failed",
      detail: `no pod can be made: ${refusal.message ?? refusal.reason ?? "unknown reason"}`,
    };
  }
  const away = nodeAway(nodes);
  // A pod ends also where the GPU is gone, but not where the node is off.
  if (ending > 0 && !isOff(nodes)) {
    return { state: "waiting", phase: "release", detail: "the previous pod is ending" };
  }
  return away ?? { state: "waiting", phase: "apply", detail: "no pod yet" };
}

function ofPod(pod: V1Pod, snapshot: Snapshot, ending: number): Diagnosis {
  const name = pod.metadata?.name ?? "";
  const off = isOff(snapshot.nodes) ? nodeAway(snapshot.nodes) : undefined;
  // What such a pod says of itself is what was last known: also that it is ready.
  if (off !== undefined) {
    return off;
  }
  const unscheduled = pod.status?.conditions?.find(
    ({ type, status }) => type === "PodScheduled" && status === "False",
  );
  if (pod.spec?.nodeName === undefined) {
    if (unscheduled === undefined || ending > 0) {
      return { state: "waiting", phase: "schedule", detail: "waiting for the node" };
    }
    return (
      nodeAway(snapshot.nodes) ?? {
        state: "failed",
        detail: `the pod fits on no node: ${unscheduled.message ?? unscheduled.reason ?? "unknown reason"}`,
      }
    );
  }
  const container = pod.status?.containerStatuses?.find((status) => status.name === "vllm");
  if (container === undefined) {
    return (
      nodeAway(snapshot.nodes) ?? { state: "waiting", phase: "pull", detail: "the node prepares the pod" }
    );
  }
  return ofContainer(name, container, snapshot);
}

function ofContainer(pod: string, container: V1ContainerStatus, { nodes }: Snapshot): Diagnosis {
  const { state, lastState, restartCount } = container;
  const waiting = state?.waiting;
  if (waiting !== undefined && (waiting.reason === "CrashLoopBackOff" || restartCount > 0)) {
    return crashed(pod, lastState?.terminated, true);
  }
  if (
    waiting?.reason !== undefined &&
    (hopelessReasons.has(waiting.reason) || isMissingImage(waiting.message))
  ) {
    return { state: "failed", detail: `${waiting.reason}: ${waiting.message ?? container.image}` };
  }
  if (state?.terminated !== undefined) {
    return crashed(pod, state.terminated, false);
  }
  if (state?.running === undefined) {
    return nodeAway(nodes) ?? { state: "waiting", phase: "pull", detail: `pulling ${container.image}` };
  }
  if (container.ready) {
    return { state: "settled", pod };
  }
  if (restartCount > 0) {
    return crashed(pod, lastState?.terminated, true);
  }
  return nodeAway(nodes) ?? { state: "waiting", phase: "load", detail: "loading the model" };
}

function crashed(
  pod: string,
  end: { exitCode?: number; reason?: string } | undefined,
  previous: boolean,
): Diagnosis {
  const detail =
    end?.reason === "OOMKilled"
      ? "the server was killed: it used more memory than resources.memoryLimit allows"
      : `the server ended with exit code ${end?.exitCode ?? "unknown"}`;
  return { state: "failed", detail, log: { pod, previous } };
}

/** A registry's answer that asking again does not change. */
function isMissingImage(message: string | undefined): boolean {
  return /not found|manifest unknown|repository does not exist|denied/i.test(message ?? "");
}

function isOff(nodes: V1Node[]): boolean {
  return nodes.length > 0 && nodes.every((node) => !gpuNodeOf(node).ready);
}

function nodeAway(nodes: V1Node[]): Extract<Diagnosis, { state: "node-away" }> | undefined {
  const detail = whyNoGpu(nodes.map(gpuNodeOf), 1);
  return detail === undefined ? undefined : { state: "node-away", detail };
}

function isEnding(pod: V1Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined;
}

function hasFinished(pod: V1Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** Whether a pod was made from what the Deployment says now: same image and arguments. */
function isOfTemplate(pod: V1Pod, deployment: V1Deployment): boolean {
  const wanted = deployment.spec?.template.spec?.containers[0];
  const seen = pod.spec?.containers[0];
  return wanted?.image === seen?.image && JSON.stringify(wanted?.args) === JSON.stringify(seen?.args);
}
