import type { V1ContainerState, V1ContainerStatus, V1Node, V1Pod } from "@kubernetes/client-node";
import { type ContainerName, containers } from "../../stacks/vocabulary/names.ts";
import { gpuNodeOf, whyNoGpu } from "../gpu-node/node.ts";
import { pressuresOn } from "../gpu-node/pressure.ts";
import type { Snapshot } from "../gpu-node/snapshot.ts";
import { endInWords } from "./container-end.ts";
import { isEnding, isOfTemplate, nameOf } from "./pods.ts";

/** Where a change stands, from what the cluster knows. */
export type Diagnosis =
  /** Nothing is left to wait for on the cluster's side: the pod is ready, or no pod is left. */
  | { state: "settled"; pod?: string }
  | Waiting
  /** The node is off or has no GPU: the platform is declared and starts by itself when the node returns. */
  | { state: "node-away"; detail: string }
  /** It will not come right by itself. */
  | Failed;

export interface Waiting {
  state: "waiting";
  phase: Phase;
  detail: string;
  /** The pod whose containers the node is to make. Why it cannot, only events tell. */
  making?: string;
  /** Why it does not get on, which may pass. */
  trouble?: string;
}

export interface Failed {
  state: "failed";
  detail: string;
  /** It may be what is left of the former mode, and counts once it has stayed so for a moment. */
  doubtful?: true;
  /** No pod could be made. Why not now, only events tell. */
  unmade?: true;
  /** Where the reason can be read. */
  log?: Log;
  /** The pod that the kubelet tries again by itself, each time after a longer pause. */
  retried?: string;
}

/** What a container printed: in its present run, or in the one before. */
export interface Log {
  pod: string;
  container: ContainerName;
  previous: boolean;
  /** How often the container had been started again when its present run was seen. */
  restarts?: number;
}

export const phases = ["release", "apply", "schedule", "pull", "test", "load"] as const;
export type Phase = (typeof phases)[number];

/** What is told until the controller has made a pod. */
export const noPodYet = "no pod yet";

export const noPodCanBeMade = (why: string): string => `no pod can be made: ${why}`;

/** Reasons of a waiting container that no waiting fixes. */
const hopelessReasons = new Set([
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImagePullBackOff",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
]);

type Seen = Omit<Snapshot, "finished">;

/** Judges whether the mode that the Deployment declares is reached. */
export function diagnose(snapshot: Seen): Diagnosis {
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
  const current = pods.filter((pod) => !isEnding(pod) && isOfTemplate(pod, deployment));
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
function released({ pods, nodes }: Seen): Diagnosis {
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

function withoutPod({ deployment, nodes }: Seen, ending: number): Diagnosis {
  const refusal = deployment?.status?.conditions?.find(
    ({ type, status }) => type === "ReplicaFailure" && status === "True",
  );
  if (refusal !== undefined) {
    return {
      state: "failed",
      detail: noPodCanBeMade(refusal.message ?? refusal.reason ?? "unknown reason"),
      // The Deployment carries on what kept the former template's pods, until its controller has turned to the new one.
      doubtful: true,
      unmade: true,
    };
  }
  const away = nodeAway(nodes);
  // A pod ends also where the GPU is gone, but not where the node is off.
  if (ending > 0 && !isOff(nodes)) {
    return { state: "waiting", phase: "release", detail: "the previous pod is ending" };
  }
  return away ?? { state: "waiting", phase: "apply", detail: noPodYet };
}

function ofPod(pod: V1Pod, snapshot: Seen, ending: number): Diagnosis {
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
        detail: `the pod fits on no node: ${unscheduled.message ?? unscheduled.reason ?? "unknown reason"}${pressuresText(snapshot.nodes)}`,
        // The scheduler may see the new pod before it sees that the former one has given its card back.
        doubtful: true,
      }
    );
  }
  const test = pod.status?.initContainerStatuses?.find(({ name }) => name === containers.smokeTest);
  const server = pod.status?.containerStatuses?.find(({ name }) => name === containers.server);
  const found =
    test !== undefined && !isPassed(test)
      ? ofTest(pod, test)
      : server === undefined
        ? { ...waiting("pull", "the node prepares the pod"), making: nameOf(pod) }
        : ofServer(pod, server, test);
  return found.state === "waiting" ? (nodeAway(snapshot.nodes) ?? found) : found;
}

function isPassed({ state }: V1ContainerStatus): boolean {
  return state?.terminated?.exitCode === 0;
}

function ofTest(pod: V1Pod, status: V1ContainerStatus): Diagnosis {
  return (
    failureOf(pod, containers.smokeTest, status) ??
    (status.state?.running === undefined ? pulling(pod, status) : waiting("test", "testing CUDA on the GPU"))
  );
}

function ofServer(pod: V1Pod, status: V1ContainerStatus, test: V1ContainerStatus | undefined): Diagnosis {
  if (status.state?.running !== undefined && status.ready) {
    return { state: "settled", pod: nameOf(pod) };
  }
  return (
    failureOf(pod, containers.server, status) ??
    // After a smoke test the image is on the node, as it is the same.
    (status.state?.running === undefined && test === undefined
      ? pulling(pod, status)
      : waiting("load", "loading the model"))
  );
}

/** The first failure of a pull may pass, as where the network was away; the next one comes some 10 s later. */
function pulling(pod: V1Pod, { image, state }: V1ContainerStatus): Waiting {
  const { reason, message } = state?.waiting ?? {};
  const trouble = reason === "ErrImagePull" ? `${reason}: ${message ?? image}` : undefined;
  return trouble === undefined
    ? { ...waiting("pull", `pulling ${image}`), making: nameOf(pod) }
    : { ...waiting("pull", trouble), trouble };
}

/** Why a container that is not ready will not come to it by itself; nothing where it may. */
function failureOf(pod: V1Pod, container: ContainerName, status: V1ContainerStatus): Failed | undefined {
  const { state, lastState, restartCount } = status;
  const name = nameOf(pod);
  const { reason, message } = state?.waiting ?? {};
  if (state?.terminated !== undefined) {
    const log = { pod: name, container, previous: false, restarts: restartCount };
    return crashed(log, state.terminated, pod);
  }
  if (restartCount > 0 || reason === "CrashLoopBackOff") {
    return crashed({ pod: name, container, previous: true }, lastState?.terminated, pod);
  }
  return reason !== undefined && (hopelessReasons.has(reason) || isMissingImage(message))
    ? { state: "failed", detail: `${reason}: ${message ?? status.image}`, retried: name }
    : undefined;
}

function crashed(log: Log, end: V1ContainerState["terminated"], { spec }: V1Pod): Failed {
  return { state: "failed", detail: endInWords(log.container, end, spec), log, retried: log.pod };
}

function waiting(phase: Phase, detail: string): Waiting {
  return { state: "waiting", phase, detail };
}

/** A registry's answer that asking again does not change. */
function isMissingImage(message: string | undefined): boolean {
  return /not found|manifest unknown|repository does not exist|denied/i.test(message ?? "");
}

function isOff(nodes: V1Node[]): boolean {
  return nodes.length > 0 && nodes.every((node) => !gpuNodeOf(node).ready);
}

/** The scheduler tells only of a taint that is not tolerated. */
function pressuresText(nodes: V1Node[]): string {
  const found = nodes.flatMap((node) =>
    pressuresOn(node).map((words) => `${words} on ${node.metadata?.name}`),
  );
  return found.length === 0 ? "" : ` (${found.join(", ")})`;
}

function nodeAway(nodes: V1Node[]): Extract<Diagnosis, { state: "node-away" }> | undefined {
  const detail = whyNoGpu(nodes.map(gpuNodeOf), 1);
  return detail === undefined ? undefined : { state: "node-away", detail };
}
