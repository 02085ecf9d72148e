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

/** The Deployment's pods that their node has ended, as where its disk was full, and why. Another one is made in their place. */
export function evictedIn({ deployment, finished }: Snapshot): { pod: string; why: string }[] {
  return finished
    .filter((pod) => pod.status?.reason === "Evicted" && deployment && isOfTemplate(pod, deployment))
    .map((pod) => ({ pod: nameOf(pod), why: pod.status?.message?.trim() ?? "evicted" }));
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
