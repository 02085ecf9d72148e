import type { Plan } from "../plan/index.ts";
import { names, selectorLabels, serverPort } from "../vocabulary/names.ts";
import { objectMetadata } from "./metadata.ts";

/**
 * Who may open a connection to the server's pod. Ingress only: a rule for egress would stop the model's download.
 * Traefik is let in only where the mode has a public route or a gateway, so that one which another mode left leads nowhere.
 */
export function networkPolicy({ route, gateway, settings }: Plan) {
  const namespaces = [names.namespace, ...settings.access.namespaces];
  const traefik = {
    // One entry: Traefik's pods of kube-system, not all of kube-system.
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
    podSelector: { matchLabels: { "app.kubernetes.io/name": "traefik" } },
  };
  return {
    apiVersion: "networking.k8s.io/v1" as const,
    kind: "NetworkPolicy" as const,
    metadata: objectMetadata(names.networkPolicy, "llm-inference"),
    spec: {
      podSelector: { matchLabels: selectorLabels },
      policyTypes: ["Ingress"],
      ingress: [
        {
          ports: [{ port: serverPort, protocol: "TCP" }],
          from: [
            ...namespaces.map((namespace) => ({
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
            })),
            ...(route === undefined && gateway === undefined ? [] : [traefik]),
          ],
        },
      ],
    },
  };
}
