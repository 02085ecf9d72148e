import type { Plan } from "../plan/index.ts";
import { names, selectorLabels, serverPort, traefikLabels, traefikNamespace } from "../vocabulary/names.ts";
import { objectMetadata } from "./metadata.ts";

/**
 * Who may open a connection to the server's pod. Ingress only: a rule for egress would stop the model's download.
 * Traefik is let in only where the mode has a public route or a gateway, so that one which another mode left leads nowhere.
 */
export function networkPolicy(plan: Plan) {
  const { route, gateway } = plan;
  return fence(plan, {
    metadata: objectMetadata(names.networkPolicy, "llm-inference"),
    labels: selectorLabels,
    port: serverPort,
    admitsTraefik: route !== undefined || gateway !== undefined,
  });
}

/** Whose pods are fenced, and who is let in besides the pods of the platform's namespace and of those that the settings name. */
interface Fence {
  metadata: ReturnType<typeof objectMetadata>;
  labels: Readonly<Record<string, string>>;
  port: number;
  admitsTraefik: boolean;
}

export function fence({ settings }: Plan, { metadata, labels, port, admitsTraefik }: Fence) {
  const namespaces = [names.namespace, ...settings.access.namespaces];
  const traefik = {
    // One entry: Traefik's pods of kube-system, not all of kube-system.
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": traefikNamespace } },
    podSelector: { matchLabels: traefikLabels },
  };
  return {
    apiVersion: "networking.k8s.io/v1" as const,
    kind: "NetworkPolicy" as const,
    metadata,
    spec: {
      podSelector: { matchLabels: labels },
      policyTypes: ["Ingress"],
      ingress: [
        {
          ports: [{ port, protocol: "TCP" }],
          from: [
            ...namespaces.map((namespace) => ({
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
            })),
            ...(admitsTraefik ? [traefik] : []),
          ],
        },
      ],
    },
  };
}
