/** The server's pods: which are the Deployment's, which are ending, and which their node has ended. Pure. */
import type { V1Container, V1Deployment, V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { type ContainerName, containers } from "../../stacks/vocabulary/names.ts";
import type { Snapshot } from "../gpu-node/snapshot.ts";

export function nameOf({ metadata }: V1Pod): string {
  return metadata?.name ?? "";
}

export function isEnding(pod: V1Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined;
}

/** A pod that its node has ended, or did not take, for good. Another one is made in its place. */
export interface EndedPod {
  pod: string;
  why: string;
  /** As where the disk was full: it ran. One that was not taken never did, as where the node did not have its card yet. */
  evicted: boolean;
}

/** Those of what the Deployment says now. Its containers are always started again, so that none of its pods ends by itself. */
export function endedByNode({ deployment, finished }: Snapshot): EndedPod[] {
  return finished
    .filter((pod) => deployment && isOfTemplate(pod, deployment))
    .map((pod) => {
      const { reason = "the node does not say why", message } = pod.status ?? {};
      const why = message === undefined ? reason : `${reason}: ${message.trim()}`;
      return { pod: nameOf(pod), why, evicted: reason === "Evicted" };
    });
}

/** Whether a pod was made from what the Deployment says now: same images, commands and arguments. */
export function isOfTemplate(pod: V1Pod, deployment: V1Deployment): boolean {
  return whatRuns(pod.spec) === whatRuns(deployment.spec?.template.spec);
}

/** The platform's own containers; a cluster may add others to a pod. */
function whatRuns(spec: V1PodSpec | undefined): string {
  const of = (all: V1Container[] | undefined, wanted: ContainerName) =>
    all?.filter(({ name }) => name === wanted).map(({ image, command, args }) => ({ image, command, args }));
  return JSON.stringify([
    of(spec?.initContainers, containers.smokeTest) ?? [],
    of(spec?.containers, containers.server),
  ]);
}
