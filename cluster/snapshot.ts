import {
  AppsV1Api,
  CoreV1Api,
  type KubeConfig,
  type V1Deployment,
  type V1Node,
  type V1Pod,
} from "@kubernetes/client-node";
import { names, selectorLabels } from "../stacks/names.ts";

/** What the cluster knows about the server at one moment. */
export interface Snapshot {
  deployment: V1Deployment | undefined;
  /** Pods of the server, those that are ending included. */
  pods: V1Pod[];
  /** Nodes that the server may run on, by the Deployment's own selector. */
  nodes: V1Node[];
}

/** Reads the snapshot. Rejects where the cluster does not answer; a missing object is not an error. */
export async function readSnapshot(config: KubeConfig): Promise<Snapshot> {
  const apps = config.makeApiClient(AppsV1Api);
  const core = config.makeApiClient(CoreV1Api);
  const { namespace, deployment: name } = names;
  const labelSelector = selectorOf(selectorLabels);
  const [deployment, pods] = await Promise.all([
    orUndefined(apps.readNamespacedDeployment({ namespace, name })),
    core.listNamespacedPod({ namespace, labelSelector }),
  ]);
  const nodeSelector = deployment?.spec?.template.spec?.nodeSelector;
  const nodes =
    nodeSelector === undefined
      ? []
      : (await core.listNode({ labelSelector: selectorOf(nodeSelector) })).items;
  return {
    deployment,
    pods: pods.items,
    nodes,
  };
}

/** The last lines that the server's container printed before it ended, or those of the running one. */
export async function readLog(config: KubeConfig, pod: string, previous: boolean): Promise<string> {
  const core = config.makeApiClient(CoreV1Api);
  return (
    (await core.readNamespacedPodLog({ name: pod, namespace: names.namespace, previous, tailLines: 200 })) ??
    ""
  );
}

function selectorOf(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

async function orUndefined<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if ((error as { code?: number }).code === 404) {
      return undefined;
    }
    throw error;
  }
}
