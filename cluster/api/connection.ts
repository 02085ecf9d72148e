import { homedir, userInfo } from "node:os";
import { isAbsolute, join } from "node:path";
import type { Settings } from "../../stacks/settings/index.ts";
import { RefusedError } from "../../system/errors.ts";

/** The kubeconfig where nobody names another. */
export const standardKubeconfig = "~/.kube/config";

/** Which cluster is meant: a context of a kubeconfig file, always named by someone. */
export interface Connection {
  /** Whole path of the kubeconfig; `~/` at its start is the home folder. */
  kubeconfig: string;
  context: string;
  /** Name under which the state remembers the cluster. */
  identifier: string;
}

/**
 * The cluster that the environment names, else the one that the config names. The current context of
 * `~/.kube/config` is never taken by itself: whoever looked at another cluster last would deploy to it.
 * @throws RefusedError where neither names one, or where the kubeconfig's path is not the same file to every program.
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
  const kubeconfig = (environment.VLLM_PLATFORM_KUBECONFIG || cluster.kubeconfig) ?? standardKubeconfig;
  const problem = whyAmbiguous(kubeconfig, { here: homedir(), known: knownHome() });
  if (problem !== undefined) {
    throw new RefusedError("It is not certain which cluster is meant.", [
      {
        where: environment.VLLM_PLATFORM_KUBECONFIG ? "VLLM_PLATFORM_KUBECONFIG" : "cluster.kubeconfig",
        found: kubeconfig,
        problem,
        fix: "Write the whole path of the file",
      },
    ]);
  }
  return { kubeconfig, context, identifier: cluster.identifier };
}

/**
 * Why a path is another file to pulumi, its provider and `gpu-mode`, which run in folders of their own; undefined where it is one
 * to all. Pure.
 * @param homes the home folder that $HOME names, by which Node.js goes, and the user database's, by which the provider does
 */
export function whyAmbiguous(
  kubeconfig: string,
  { here, known }: { here: string; known: string | undefined },
): string | undefined {
  if (!kubeconfig.startsWith("~/")) {
    return isAbsolute(kubeconfig)
      ? undefined
      : "a relative path is another file to each program that reads it";
  }
  return known === undefined || known === here
    ? undefined
    : `\`~\` is ${here} by $HOME, and ${known} to the Kubernetes provider, which asks the user database`;
}

/** The home folder by the user database; undefined for a user that is not in it, as in some containers. */
function knownHome(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined;
  }
}

/** The kubeconfig's path in full. */
export function kubeconfigPath({ kubeconfig }: Pick<Connection, "kubeconfig">): string {
  return kubeconfig.startsWith("~/") ? join(homedir(), kubeconfig.slice(2)) : kubeconfig;
}

/** The error for a connection that its kubeconfig does not describe. */
export function unusable(connection: Connection, problem: string, fix: string): RefusedError {
  return new RefusedError("It is not known how to reach the cluster.", [
    { where: connection.kubeconfig, key: connection.context, problem, fix },
  ]);
}
