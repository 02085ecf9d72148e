import type { Settings } from "../settings/index.ts";
import { names, ollamaLabels } from "../vocabulary/names.ts";
import type { RoutePlan } from "./route.ts";

/** One way in that leads to the server, and to Ollama while the GPU is away. The same in every mode. */
export interface GatewayPlan extends RoutePlan {
  /** Rule by which clients inside the cluster are let in, by the name of a Service. */
  inClusterRule: string;
  /** Longest body of a request. */
  maxBodyBytes: number;
  /** Labels of Ollama's pods. */
  ollamaLabels: Record<string, string>;
}

/** Every spelling of the Service's name that a pod's resolver completes; the shortest only from the same namespace. */
const inClusterHosts = ["", ".svc", ".svc.cluster.local"]
  .map((rest) => `${names.gateway}.${names.namespace}${rest}`)
  .concat(names.gateway);

/** What of the API passes: neither of the two servers' own pages, nor Ollama's way to load and delete models. */
const paths = "PathPrefix(`/v1/`)";

/** The gateway, or nothing where there is none; the rules see to it that one has a host. */
export function planGateway({ gateway, route, ollama: own }: Settings): GatewayPlan | undefined {
  const { enabled, host, allowedRanges, maxBodyMiB, ollama } = gateway;
  if (!enabled || host === undefined) {
    return undefined;
  }
  const hostRule = `Host(\`${host}\`)`;
  const inCluster = inClusterHosts.map((name) => `Host(\`${name}\`)`).join(" || ");
  return {
    host,
    // One issuer and one lifetime for both certificates.
    issuer: route.issuer,
    certificate: route.certificate,
    rule: `${hostRule} && ${paths}`,
    redirectRule: hostRule,
    inClusterRule: `(${inCluster}) && ${paths}`,
    allowedRanges,
    maxBodyBytes: maxBodyMiB * 1024 ** 2,
    ollamaLabels: own.enabled ? ollamaLabels : ollama.podLabels,
  };
}
