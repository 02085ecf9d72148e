import type { ContainerKind } from "./container-kind.ts";
import { alive, hasEnded, onGpu, pod, restartsAtLeast, runs, waitsFor } from "./pod-parts.ts";
import { backingOff, type Ending, ended, pullBackingOff, pullFailed, restarted } from "./pod-templates.ts";
import type { Stage } from "./stage.ts";

/** What becomes of a container of a GPU pod, init container or not; a pod's init containers all do the same at once. */

const named = (kind: ContainerKind, what: string): string =>
  kind === "containers" ? `gpu-pod-${what}` : `gpu-pod-init-${what}`;

/** The image comes and the container starts. @param status the step that says so. */
export function starts(kind: ContainerKind, status: object): Stage {
  const reasons = kind === "containers" ? ["ContainerCreating"] : ["PodInitializing"];
  return pod({
    name: named(kind, "started"),
    when: [alive, onGpu, waitsFor([...reasons, "ErrImagePull", "ImagePullBackOff"], kind)],
    afterSeconds: 0.2,
    steps: [status],
  });
}

/** A container that has failed runs again: at once after its first end, later after the back-off. */
export function isRestarted(kind: ContainerKind, backOffSeconds: number): Stage[] {
  const steps = [restarted(kind)];
  return [
    pod({
      name: named(kind, "restarted-at-once"),
      when: [alive, onGpu, hasEnded(kind, "failure")],
      afterSeconds: 0.2,
      steps,
    }),
    pod({
      name: named(kind, "restarted-after-back-off"),
      when: [alive, onGpu, waitsFor(["CrashLoopBackOff"], kind)],
      afterSeconds: backOffSeconds,
      steps,
    }),
  ];
}

/** It fails some time after each start. */
export function fails(kind: ContainerKind, ending: Ending, runSeconds: number): Stage[] {
  return [
    pod({
      name: named(kind, "ended-first"),
      when: [alive, onGpu, runs(kind), `${restartsAtLeast(1, kind)} | not`],
      afterSeconds: runSeconds,
      steps: [ended(ending, kind)],
    }),
    pod({
      name: named(kind, "ended-again"),
      when: [alive, onGpu, runs(kind), restartsAtLeast(1, kind)],
      afterSeconds: runSeconds,
      steps: [backingOff(ending, kind)],
    }),
  ];
}

/** The registry does not know the image. */
export function hasNoImage(kind: ContainerKind): Stage[] {
  return [
    pod({
      name: named(kind, "pull-failed"),
      when: [alive, onGpu, waitsFor([kind === "containers" ? "ContainerCreating" : "PodInitializing"], kind)],
      afterSeconds: 0.2,
      steps: [pullFailed(kind)],
    }),
    pod({
      name: named(kind, "pull-backing-off"),
      when: [alive, onGpu, waitsFor(["ErrImagePull"], kind)],
      afterSeconds: 0.5,
      steps: [pullBackingOff(kind)],
    }),
  ];
}
