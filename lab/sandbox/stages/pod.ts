import { fails, hasNoImage, isRestarted, starts } from "./pod-life.ts";
import { alive, hasEnded, isUnready, notOnGpu, onGpu, pod, runs, waitsFor } from "./pod-parts.ts";
import { accepted, becameReady, type Ending, initCompleted, initStarted, started } from "./pod-templates.ts";
import type { Stage } from "./stage.ts";

/** Pods without a GPU: they start at once and never fail. */
export function ordinaryPodStages(): Stage[] {
  return [
    pod({
      name: "pod-accepted",
      when: [alive, ".status.startTime == null"],
      steps: [accepted],
    }),
    pod({
      name: "pod-started",
      when: [alive, notOnGpu, waitsFor(["ContainerCreating", "PodInitializing"])],
      steps: [started],
    }),
    pod({ name: "pod-ready", when: [alive, notOnGpu, runs(), isUnready], steps: [becameReady] }),
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
  /** From a container's second end on until it runs again, also where it failed under another scenario. */
  readonly backOffSeconds: number;
}

/** A container that ends some time after each start. */
export interface Failing {
  readonly ending: Ending;
  readonly runSeconds: number;
}

function gpuPodStopped(timing: Timing): Stage {
  return pod({
    name: "gpu-pod-stopped",
    when: [".metadata.deletionTimestamp != null", onGpu],
    afterSeconds: timing.stopSeconds,
    steps: [{ delete: true }],
  });
}

/** The init containers, where there are any, do their work, or fail at it each time. */
function initContainers({ backOffSeconds }: Timing, failing?: Failing): Stage[] {
  return [
    starts("initContainers", initStarted),
    ...isRestarted("initContainers", backOffSeconds),
    ...(failing === undefined
      ? [
          pod({
            name: "gpu-pod-init-completed",
            when: [alive, onGpu, runs("initContainers")],
            afterSeconds: 0.5,
            steps: [initCompleted],
          }),
        ]
      : fails("initContainers", failing.ending, failing.runSeconds)),
  ];
}

/** What every GPU pod does whose image exists. */
function gpuPodLife(timing: Timing): Stage[] {
  return [
    starts("containers", started),
    pod({
      name: "gpu-pod-started-after-init",
      when: [alive, onGpu, hasEnded("initContainers", "success"), waitsFor(["PodInitializing"])],
      afterSeconds: 0.2,
      steps: [started],
    }),
    ...isRestarted("containers", timing.backOffSeconds),
    gpuPodStopped(timing),
  ];
}

/** The model loads and serves. @param failingInit how init containers fail, where they do. */
export function healthyGpuPod(timing: Timing, failingInit?: Failing): Stage[] {
  return [
    ...initContainers(timing, failingInit),
    ...gpuPodLife(timing),
    pod({
      name: "gpu-pod-ready",
      when: [alive, onGpu, runs(), isUnready],
      afterSeconds: timing.loadSeconds,
      steps: [becameReady],
    }),
  ];
}

/** It runs, and its probes never succeed. */
export function neverReadyGpuPod(timing: Timing): Stage[] {
  return [...initContainers(timing), ...gpuPodLife(timing)];
}

/** The registry does not know the image. */
export function imageMissingGpuPod(timing: Timing): Stage[] {
  return [...hasNoImage("initContainers"), ...hasNoImage("containers"), gpuPodStopped(timing)];
}

/** The server ends some time after each start. */
export function endingGpuPod(timing: Timing, { ending, runSeconds }: Failing): Stage[] {
  return [...initContainers(timing), ...gpuPodLife(timing), ...fails("containers", ending, runSeconds)];
}
