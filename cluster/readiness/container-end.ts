/** How a container has ended, in words. Pure. */
import type { V1ContainerState, V1PodSpec } from "@kubernetes/client-node";
import { type ContainerName, containers } from "../../stacks/vocabulary/names.ts";

type End = NonNullable<V1ContainerState["terminated"]>;

const subjects: Readonly<Record<ContainerName, string>> = {
  [containers.server]: "the server",
  [containers.smokeTest]: "the smoke test of CUDA",
};

/** @param end undefined where the cluster does not know it any more */
export function endInWords(
  container: ContainerName,
  end: End | undefined,
  spec: V1PodSpec | undefined,
): string {
  const subject = subjects[container];
  if (end?.reason === "OOMKilled") {
    return `${subject} was killed: it used more memory than resources.memoryLimit allows`;
  }
  // The container runtime's word: there was no process that could have printed anything.
  if (end?.message !== undefined && (end.reason === "StartError" || end.reason === "ContainerCannotRun")) {
    return `${subject} could not be started: ${end.message}`;
  }
  const around = end === undefined ? undefined : endedAroundStartTime(container, end, spec);
  return around === undefined
    ? `${subject} ended with exit code ${end?.exitCode ?? "unknown"}${whyEnded(end)}`
    : `${subject} was ended from outside after ${around.ran} s, as the kubelet does where it had not loaded after the ${around.given} s that its startup probe gives it, or does not answer later`;
}

/** Exit codes of what was told to end, with a handler for that and without. */
const endedByRequest: readonly number[] = [0, 143];

/** What the server's supervisor left as the reason, and what an end means that only Kubernetes or a person can have asked for. */
function whyEnded(end: End | undefined): string {
  if (end !== undefined && endedByRequest.includes(end.exitCode)) {
    return ", a crash all the same: it was told to end, as the kubelet does where /health does not answer";
  }
  const told = end?.message?.trim().split("\n").at(-1);
  return told?.startsWith("vllm-platform: ") ? `; it printed: ${told}` : "";
}

/** Of what was told to end, and of what is ended by force. */
const endedByOthers: readonly number[] = [...endedByRequest, 137];

/**
 * How long a container ran and how long it has to start, in seconds, where it was ended about when that was over; undefined where it was
 * not. One that had just loaded may have been ended for its later probes then: which it was, its end does not say.
 */
function endedAroundStartTime(
  container: ContainerName,
  { exitCode, startedAt, finishedAt }: End,
  spec: V1PodSpec | undefined,
): { ran: number; given: number } | undefined {
  const probe = spec?.containers.find(({ name }) => name === container)?.startupProbe;
  if (probe === undefined || startedAt === undefined || finishedAt === undefined) {
    return undefined;
  }
  const { periodSeconds = 10, failureThreshold = 3 } = probe;
  const given = periodSeconds * failureThreshold;
  // The last probe fails a period before they are over, and the end may take all of the pod's grace.
  const longest = given + periodSeconds + (spec?.terminationGracePeriodSeconds ?? 30);
  const ran = (new Date(finishedAt).getTime() - new Date(startedAt).getTime()) / 1000;
  return endedByOthers.includes(exitCode) && ran >= given - periodSeconds && ran <= longest
    ? { ran, given }
    : undefined;
}
