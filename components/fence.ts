import type { types } from "@pulumi/kubernetes";
import { names, selectorLabels, serverPort } from "../stacks/names.ts";
import type { Plan } from "../stacks/plan.ts";

/**
 * Who may open a connection to the server's pod. Ingress only: a rule for egress would stop the model's download.
 */
export function networkPolicySpec(plan: Plan): types.input.networking.v1.NetworkPolicySpec {
  const namespaces = [names.namespace, ...plan.settings.access.namespaces];
  return {
    podSelector: { matchLabels: selectorLabels },
    policyTypes: ["Ingress"],
    ingress: [
      {
        ports: [{ port: serverPort, protocol: "TCP" }],
        from: [
          ...namespaces.map((namespace) => ({
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
          })),
          {
            // One entry: Traefik's pods of kube-system, not all of kube-system.
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
            podSelector: { matchLabels: { "app.kubernetes.io/name": "traefik" } },
          },
        ],
      },
    ],
  };
}
