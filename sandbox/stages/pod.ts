import {
  accepted,
  backingOff,
  becameReady,
  type Ending,
  ended,
  event,
  messages,
  pullBackingOff,
  pullFailed,
  restarted,
  started,
} from "./pod-templates.ts";
import { type Stage, stage } from "./stage.ts";

const alive = ".metadata.deletionTimestamp == null";
const onGpu = 'any(.spec.containers[]; .resources.limits["nvidia.com/gpu"] != null)';
const notOnGpu = `${onGpu} | not`;
const runs = ".status.containerStatuses[0].state.running != null";
const waitsFor = (...reasons: string[]): string =>
  `.status.containerStatuses[0].state.waiting.reason | IN(${reasons.map((reason) => `"${reason}"`).join(", ")})`;
const isUnready = 'any(.status.conditions[]; .type == "Ready" and .status != "True")';
const restartsAtLeast = (count: number): string => `.status.containerStatuses[0].restartCount >= ${count}`;

const pod = (options: Parameters<typeof stage>[2]): Stage => stage("v1", "Pod", options);

/** Pods without a GPU: they start at once and never fail. */
export function ordinaryPodStages(): Stage[] {
  return [
    pod({
      name: "pod-accepted",
      when: [alive, ".status.startTime == null"],
      steps: [event("Normal", "Pulling", messages.pulling), accepted],
    }),
    pod({ name: "pod-started", when: [alive, notOnGpu, waitsFor("ContainerCreating")], steps: startSteps() }),
    pod({ name: "pod-ready", when: [alive, notOnGpu, runs, isUnready], steps: [becameReady] }),
    pod({
      name: "pod-stopped",
      when: [".metadata.deletionTimestamp != null", notOnGpu],
      steps: [{ delete: true }],
    }),
  ];
}

/** How long a pod with a GPU takes, in seconds. */
export interface Timing {
  /** From a container's start to its first successful readiness probe: loading the model. */
  readonly loadSeconds: number;
  /** From the request to delete the pod to its end. */
  readonly stopSeconds: number;
}

/** Pulling, starting and stopping: what every GPU pod does whose image exists. */
function gpuPodLife(timing: Timing): Stage[] {
  return [
    pod({
      name: "gpu-pod-started",
      when: [alive, onGpu, waitsFor("ContainerCreating", "ErrImagePull", "ImagePullBackOff")],
      afterSeconds: 0.2,
      steps: startSteps(),
    }),
    gpuPodStopped(timing),
  ];
}

/** Without the kubelet's event `Killing`: a namespace that is being deleted takes no event, and the pod would stay for ever. */
function gpuPodStopped(timing: Timing): Stage {
  return pod({
    name: "gpu-pod-stopped",
    when: [".metadata.deletionTimestamp != null", onGpu],
    afterSeconds: timing.stopSeconds,
    steps: [{ delete: true }],
  });
}

function startSteps(): object[] {
  return [
    event("Normal", "Pulled", messages.pulled),
    event("Normal", "Created", messages.created),
    event("Normal", "Started", messages.started),
    started,
  ];
}

/** A container that has ended runs again: at once after its first end, later after the back-off. */
function gpuPodRestarted(backOffSeconds: number): Stage[] {
  const steps = [
    event("Normal", "Pulled", messages.present),
    event("Normal", "Created", messages.created),
    event("Normal", "Started", messages.started),
    restarted,
  ];
  return [
    pod({
      name: "gpu-pod-restarted-at-once",
      when: [alive, onGpu, ".status.containerStatuses[0].state.terminated != null"],
      afterSeconds: 0.2,
      steps,
    }),
    pod({
      name: "gpu-pod-restarted-after-back-off",
      when: [alive, onGpu, waitsFor("CrashLoopBackOff")],
      afterSeconds: backOffSeconds,
      steps,
    }),
  ];
}

/** The model loads and serves. */
export function healthyGpuPod(timing: Timing): Stage[] {
  return [
    ...gpuPodLife(timing),
    ...gpuPodRestarted(0.5),
    pod({
      name: "gpu-pod-ready",
      when: [alive, onGpu, runs, isUnready],
      afterSeconds: timing.loadSeconds,
      steps: [becameReady],
    }),
  ];
}

/** It runs, and its probes never succeed. */
export function neverReadyGpuPod(timing: Timing): Stage[] {
  return [
    ...gpuPodLife(timing),
    ...gpuPodRestarted(0.5),
    pod({
      name: "gpu-pod-unhealthy",
      when: [alive, onGpu, runs, isUnready],
      afterSeconds: 1,
      steps: [event("Warning", "Unhealthy", messages.probeFailed)],
    }),
  ];
}

/** The registry does not know the image. */
export function imageMissingGpuPod(timing: Timing): Stage[] {
  return [
    pod({
      name: "gpu-pod-pull-failed",
      when: [alive, onGpu, waitsFor("ContainerCreating")],
      afterSeconds: 0.2,
      steps: [
        event("Warning", "Failed", messages.pullFailed),
        event("Warning", "Failed", '"Error: ErrImagePull"'),
        pullFailed,
      ],
    }),
    pod({
      name: "gpu-pod-pull-backing-off",
      when: [alive, onGpu, waitsFor("ErrImagePull")],
      afterSeconds: 0.5,
      steps: [
        event("Normal", "BackOff", messages.pullBackOff),
        event("Warning", "Failed", '"Error: ImagePullBackOff"'),
        pullBackingOff,
      ],
    }),
    gpuPodStopped(timing),
  ];
}

/** It ends some time after each start. */
export function endingGpuPod(
  timing: Timing & { ending: Ending; runSeconds: number; backOffSeconds: number },
): Stage[] {
  return [
    ...gpuPodLife(timing),
    ...gpuPodRestarted(timing.backOffSeconds),
    pod({
      name: "gpu-pod-ended-first",
      when: [alive, onGpu, runs, `${restartsAtLeast(1)} | not`],
      afterSeconds: timing.runSeconds,
      steps: [ended(timing.ending)],
    }),
    pod({
      name: "gpu-pod-ended-again",
      when: [alive, onGpu, runs, restartsAtLeast(1)],
      afterSeconds: timing.runSeconds,
      steps: [event("Warning", "BackOff", messages.restartBackOff), backingOff(timing.ending)],
    }),
  ];
}
