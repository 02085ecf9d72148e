import type { V1Deployment, V1Node, V1Pod } from "@kubernetes/client-node";
import { names, selectorLabels } from "../../stacks/vocabulary/names.ts";
import { deploymentObject, objectPath } from "../../stacks/vocabulary/objects.ts";
import type { ClusterApi } from "../api/index.ts";

/** What the cluster knows about the server at one moment, as the API gives it: times are text. */
export interface Snapshot {
  deployment: V1Deployment | undefined;
  /** Pods of the server, those that are ending included. What has finished holds no GPU, and is not among them. */
  pods: V1Pod[];
  /** Those whose node has ended them for good, as where its disk was full. Their objects stay until somebody deletes them. */
  finished: V1Pod[];
  /** Nodes that the server may run on, by the Deployment's own selector. */
  nodes: V1Node[];
}

const podsPath = `/api/v1/namespaces/${names.namespace}/pods`;

/** Path of one of the server's pods in the API server. */
export function podPath(name: string): string {
  return `${podsPath}/${name}`;
}

/** Reads the snapshot. A missing object is not an error. @throws UnreachableError where the cluster does not answer. */
export async function readSnapshot(api: ClusterApi): Promise<Snapshot> {
  const [deployment, pods] = await Promise.all([
    api.get<V1Deployment>(objectPath(deploymentObject)),
    list<V1Pod>(api, podsPath, selectorLabels),
  ]);
  const nodeSelector = deployment?.spec?.template.spec?.nodeSelector;
  const nodes = nodeSelector === undefined ? [] : await list<V1Node>(api, "/api/v1/nodes", nodeSelector);
  return {
    deployment,
    pods: pods.filter((pod) => !hasFinished(pod)),
    finished: pods.filter(hasFinished),
    nodes,
  };
}

/** One that is being deleted is still ending: it is gone in a moment, and whoever waits for its end wants it gone. */
function hasFinished({ metadata, status }: V1Pod): boolean {
  const ended = status?.phase === "Succeeded" || status?.phase === "Failed";
  return ended && metadata?.deletionTimestamp === undefined;
}

/** The objects of a collection that carry all the given labels. */
export async function list<Item>(
  api: ClusterApi,
  path: string,
  labels: Readonly<Record<string, string>>,
): Promise<Item[]> {
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const found = await api.get<{ items: Item[] }>(
    `${path}?labelSelector=${encodeURIComponent(selector.join(","))}`,
  );
  return found?.items ?? [];
}
