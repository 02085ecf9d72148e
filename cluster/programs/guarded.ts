/** What the command resources `guard` and `removal` hand to their programs, and how those find the cluster. */
import type { Settings } from "../../stacks/settings/index.ts";
import { resolveConnection } from "../api/connection.ts";
import { type ClusterApi, openApi } from "../api/index.ts";
import { readClusterIdentity } from "../claim/identity.ts";

/** In `VLLM_PLATFORM_GUARD`, as JSON. It lies in the state: a destroy runs no program of the project. */
export interface Guarded {
  version: 1;
  stack: string;
  /** Identity of the state. */
  state: string;
  /** The cluster as the state's own provider reaches it. */
  cluster: {
    kubeconfig: string;
    context: string;
    /** Its identity; absent where it could not be read. */
    identity?: string;
  };
}

/** What states hold that were made before the identity. */
interface Former {
  version?: undefined;
  stack: string;
  state?: undefined;
  cluster: Settings["cluster"];
}

/** Reads what a resource hands over. */
export function readGuarded(environment: NodeJS.ProcessEnv): Guarded | Former {
  return JSON.parse(environment.VLLM_PLATFORM_GUARD ?? "{}") as Guarded | Former;
}

/**
 * Opens the cluster that the state's objects are in. Today's environment has no say: it may name another one.
 * @throws Error in words where that cluster cannot be reached any more, or another one stands in its place.
 */
export async function openGuarded(guarded: Guarded | Former): Promise<ClusterApi> {
  if (guarded.version === undefined) {
    return openApi(resolveConnection(guarded.cluster, process.env));
  }
  const { kubeconfig, context, identity } = guarded.cluster;
  const api = await openApi({ kubeconfig, context, identifier: "" });
  const found = await readClusterIdentity(api);
  if (identity !== undefined && found !== undefined && found !== identity) {
    throw new Error(
      `context ${context} of ${kubeconfig} now leads to another cluster (its identity is ${found}) than the one that this stack's objects are in (${identity})`,
    );
  }
  return api;
}
