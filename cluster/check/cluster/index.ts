/**
 * What the cluster must have besides the GPU node, which is a check of its own. One list for `gpu-mode doctor`, for every update
 * and for `gpu-mode status`.
 */
import type { Plan } from "../../../stacks/plan.ts";
import type { ClusterApi } from "../../api.ts";
import { askingOnce } from "../../ask-once.ts";
import type { Finding } from "../finding.ts";
import { certificate } from "./certificate.ts";
import { clientAddresses } from "./client-addresses.ts";
import { certManager, traefik } from "./definitions.ts";
import { issuer } from "./issuer.ts";
import { leftovers } from "./leftovers.ts";
import { type Look, lookAt } from "./look.ts";
import { namespace } from "./namespace.ts";
import { networkPolicy } from "./network-policy.ts";
import { ollama } from "./ollama.ts";
import { podSecurity } from "./pod-security.ts";
import { checkRights } from "./rights.ts";
import { runtimeClass } from "./runtime-class.ts";
import { shippedValue } from "./shipped-values.ts";
import { storageClass } from "./storage-class.ts";
import { wayIn } from "./way-in.ts";

/** In the order of the table: what the pod needs, the way in from outside, the fences, the fallback. */
const looks: readonly Look[] = [
  namespace,
  runtimeClass,
  podSecurity,
  storageClass,
  traefik,
  certManager,
  issuer,
  certificate,
  wayIn,
  clientAddresses,
  networkPolicy,
  ollama,
];

export interface ClusterCheckOptions {
  /** Whether the cluster is the sandbox. */
  sandbox: boolean;
}

/**
 * All of it, and whether the values that the repository ships are this cluster's: an update refuses those by themselves.
 * Nothing is changed.
 * @throws UnreachableError where the cluster does not answer. What may not be read is an unknown item.
 */
export async function checkCluster(
  plan: Plan,
  api: ClusterApi,
  { sandbox }: ClusterCheckOptions,
): Promise<Finding[]> {
  const shipped = [
    shippedValue("shipped host", "route.host", sandbox),
    shippedValue("shipped card", "gpuNode.card", sandbox),
  ];
  const once = askingOnce(api);
  // The next update removes what is left over, and says so itself.
  const all = [lookAt(shipped, plan, once), checkRequirements(plan, once), lookAt([leftovers], plan, once)];
  return (await Promise.all(all)).flat();
}

/** What an update of a plan needs. @throws UnreachableError where the cluster does not answer. */
export async function checkRequirements(plan: Plan, api: ClusterApi): Promise<Finding[]> {
  const [rights, findings] = await Promise.all([checkRights(plan, api), checkState(plan, api)]);
  return [rights, ...findings];
}

/** The same without the rights: who only looks on needs none. */
export function checkState(plan: Plan, api: ClusterApi): Promise<Finding[]> {
  return lookAt(looks, plan, api);
}
