/**
 * What the cluster must have besides the GPU node, which is a check of its own. One list for `gpu-mode doctor`, for every update
 * and for `gpu-mode status`.
 */
import type { Plan } from "../../stacks/plan/index.ts";
import { askingOnce } from "../api/ask-once.ts";
import type { ClusterApi } from "../api/index.ts";
import type { Finding } from "../findings/finding.ts";
import { checkConnection } from "./connection.ts";
import { checkDefaultModel } from "./default-model.ts";
import { fixedFields } from "./doctor-only/fixed-fields.ts";
import { leftovers } from "./doctor-only/leftovers.ts";
import { engineVersion } from "./fences/engine-version.ts";
import { openness } from "./fences/openness.ts";
import { gatewayTlsSecret, tlsSecret } from "./fences/tls-secret.ts";
import { certManager, traefik } from "./items/definitions.ts";
import { emptyServices } from "./items/gateway/empty-services.ts";
import { failover } from "./items/gateway/failover.ts";
import { inClusterName } from "./items/gateway/in-cluster-name.ts";
import { ollamaPods } from "./items/gateway/ollama-pods.ts";
import { namespace } from "./items/namespace.ts";
import { networkPolicy } from "./items/network-policy.ts";
import { ollama } from "./items/ollama.ts";
import { podSecurity } from "./items/pod-security.ts";
import { judgeAll, type Requirement } from "./items/requirement.ts";
import { certificate, gatewayCertificate } from "./items/route/certificate.ts";
import { clientAddresses } from "./items/route/client-addresses.ts";
import { issuer } from "./items/route/issuer.ts";
import { wayIn } from "./items/route/way-in.ts";
import { runtimeClass } from "./items/runtime-class.ts";
import { storageClass } from "./items/storage-class.ts";
import { checkRights, checkRole } from "./rights/index.ts";

/** In the order of the table: what the pod needs, the way in from outside, the fences, the fallback. */
const requirements: readonly Requirement[] = [
  namespace,
  runtimeClass,
  podSecurity,
  storageClass,
  traefik,
  certManager,
  issuer,
  tlsSecret,
  certificate,
  failover,
  emptyServices,
  gatewayTlsSecret,
  gatewayCertificate,
  inClusterName,
  wayIn,
  clientAddresses,
  openness,
  networkPolicy,
  engineVersion,
  ollama,
  ollamaPods,
];

/** All of it. Nothing is changed. @throws UnreachableError where the cluster does not answer; what may not be read is an unknown item. */
export async function checkCluster(plan: Plan, api: ClusterApi): Promise<Finding[]> {
  const once = askingOnce(api);
  // The survey of the next update tells these two by itself: it refuses the one, and removes the other.
  const all = [
    checkRole(once),
    checkRequirements(plan, once),
    checkDefaultModel(plan, once),
    judgeAll([fixedFields, leftovers], plan, once),
  ];
  return [...checkConnection(api), ...(await Promise.all(all)).flat()];
}

/** What an update of a plan needs. @throws UnreachableError where the cluster does not answer. */
export async function checkRequirements(plan: Plan, api: ClusterApi): Promise<Finding[]> {
  const [rights, findings] = await Promise.all([checkRights(plan, api), checkState(plan, api)]);
  return [rights, ...findings];
}

/** The same without the rights: who only looks on needs none. */
export function checkState(plan: Plan, api: ClusterApi): Promise<Finding[]> {
  return judgeAll(requirements, plan, api);
}
