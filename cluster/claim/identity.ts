/** What a state remembers of itself: an identity of its own, and which cluster its objects are in. */
import { RefusedError } from "../../system/errors.ts";
import type { Connection } from "../api/connection.ts";
import { ApiError, type ClusterApi, type LiveObject } from "../api/index.ts";

export interface Identity {
  /** Chosen at random when the state is made; no other state has it. */
  state: string;
  /** The cluster's identity; absent where it could not be read when the state was made. */
  cluster?: string;
}

/**
 * A cluster's identity: the uid of its namespace `kube-system`, which lives as long as the cluster and is the same under
 * every address. Undefined where these credentials may not read it.
 * @throws UnreachableError
 */
export async function readClusterIdentity(api: ClusterApi): Promise<string | undefined> {
  try {
    return (await api.get<LiveObject>("/api/v1/namespaces/kube-system"))?.metadata.uid;
  } catch (error) {
    if (error instanceof ApiError && error.code === 403) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Refuses a cluster that is not the one in which the state's objects are.
 * @throws RefusedError
 */
export function refuseOtherCluster(
  stack: string,
  remembered: Identity,
  found: string | undefined,
  { kubeconfig, context }: Connection,
): void {
  if (remembered.cluster === undefined || found === undefined || remembered.cluster === found) {
    return;
  }
  throw new RefusedError(`The objects of stack ${stack} are in another cluster; nothing was changed.`, [
    {
      where: kubeconfig,
      key: `context ${context}`,
      problem: `it leads to the cluster with the identity ${found} (uid of its namespace kube-system), and the stack's state is of ${remembered.cluster}: the context is another one, or the cluster was made anew`,
      fix: `To go on with the former cluster, name its context in cluster.context (or VLLM_PLATFORM_CONTEXT). To begin anew on this one: gpu-mode forget ${stack}, then gpu-mode ${stack}; what is in the former cluster stays there`,
    },
  ]);
}
