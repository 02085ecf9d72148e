/** What the cluster must have besides the GPU node, which is a check of its own. */
import type { Plan } from "../../../stacks/plan.ts";
import type { ClusterApi } from "../../api.ts";
import type { Finding } from "../finding.ts";
import { clientAddresses } from "./client-addresses.ts";
import { certManager, traefik } from "./definitions.ts";
import { issuer } from "./issuer.ts";
import { leftovers } from "./leftovers.ts";
import { type Look, lookAt } from "./look.ts";
import { networkPolicy } from "./network-policy.ts";
import { ollama } from "./ollama.ts";
import { podSecurity } from "./pod-security.ts";
import { runtimeClass } from "./runtime-class.ts";
import { shippedValue } from "./shipped-values.ts";
import { storageClass } from "./storage-class.ts";

/** In the order of the table: what the pod needs, the way in from outside, the fences, the fallback. */
const looks: readonly Look[] = [
  runtimeClass,
  podSecurity,
  storageClass,
  traefik,
  certManager,
  issuer,
  clientAddresses,
  leftovers,
  networkPolicy,
  ollama,
];

export interface ClusterCheckOptions {
  /** Whether the cluster is the sandbox. */
  sandbox: boolean;
}

/**
 * Looks at everything of a cluster that a plan has to do with. Nothing is changed.
 * @throws UnreachableError where the cluster does not answer. What may not be read is an unknown item.
 */
export function checkCluster(
  plan: Plan,
  api: ClusterApi,
  { sandbox }: ClusterCheckOptions,
): Promise<Finding[]> {
  const shipped = [
    shippedValue("shipped host", "route.host", sandbox),
    shippedValue("shipped card", "gpuNode.card", sandbox),
  ];
  return lookAt([...shipped, ...looks], plan, api);
}
