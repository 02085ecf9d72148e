import { type ContainerKind, statusesOf } from "./container-kind.ts";
import { type Stage, stage } from "./stage.ts";

/** What the stages of pods are made of: jq expressions over a Pod. */

const first = (kind: ContainerKind): string => `.status.${statusesOf[kind]}[0]`;

export const alive = ".metadata.deletionTimestamp == null";
export const onGpu = 'any(.spec.containers[]; .resources.limits["nvidia.com/gpu"] != null)';
export const notOnGpu = `${onGpu} | not`;
export const isUnready = 'any(.status.conditions[]; .type == "Ready" and .status != "True")';

export const runs = (kind: ContainerKind = "containers"): string => `${first(kind)}.state.running != null`;

/** Whether the container waits for one of these reasons. */
export const waitsFor = (reasons: readonly string[], kind: ContainerKind = "containers"): string =>
  `${first(kind)}.state.waiting.reason | IN(${reasons.map((reason) => `"${reason}"`).join(", ")})`;

/** Whether the container has ended, with success or without. */
export const hasEnded = (kind: ContainerKind, outcome: "success" | "failure"): string =>
  `${first(kind)}.state.terminated.exitCode | . != null and . ${outcome === "success" ? "==" : "!="} 0`;

export const restartsAtLeast = (count: number, kind: ContainerKind = "containers"): string =>
  `${first(kind)}.restartCount >= ${count}`;

export const pod = (options: Parameters<typeof stage>[2]): Stage => stage("v1", "Pod", options);
