import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Settings } from "../../stacks/settings/index.ts";
import { RefusedError } from "../../system/errors.ts";

/** The kubeconfig where nobody names another. */
export const standardKubeconfig = "~/.kube/config";

/** Which cluster is meant: a context of a kubeconfig file, always named by someone. */
export interface Connection {
  /** Path of the kubeconfig; `~` at its start is the home folder. */
  kubeconfig: string;
  context: string;
  /** Name under which the state remembers the cluster. */
  identifier: string;
}

/**
 * The cluster that the environment names, else the one that the config names. The current context of
 * `~/.kube/config` is never taken by itself: whoever looked at another cluster last would deploy to it.
 * @throws RefusedError where neither names one.
 */
export function resolveConnection(cluster: Settings["cluster"], environment: NodeJS.ProcessEnv): Connection {
  const context = environment.VLLM_PLATFORM_CONTEXT || cluster.context;
  if (context === undefined) {
    throw new RefusedError("No cluster is named.", [
      {
        where: "Pulumi.yaml",
        key: "cluster.context",
        problem: "neither the config nor VLLM_PLATFORM_CONTEXT names a context",
        fix: "Run `gpu-mode init --context <one of kubectl config get-contexts>`, which proposes and writes your cluster's values, or `npm start` for the sandbox",
      },
    ]);
  }
  return {
    kubeconfig: (environment.VLLM_PLATFORM_KUBECONFIG || cluster.kubeconfig) ?? standardKubeconfig,
    context,
    identifier: cluster.identifier,
  };
}

/** The kubeconfig's path in full. */
export function kubeconfigPath({ kubeconfig }: Connection): string {
  return kubeconfig.startsWith("~/") ? join(homedir(), kubeconfig.slice(2)) : resolve(kubeconfig);
}

/** The error for a connection that its kubeconfig does not describe. */
export function unusable(connection: Connection, problem: string, fix: string): RefusedError {
  return new RefusedError("The cluster cannot be reached.", [
    { where: connection.kubeconfig, key: connection.context, problem, fix },
  ]);
}
