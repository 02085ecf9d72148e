import { inClusterGatewayUrl } from "../../../../stacks/vocabulary/names.ts";
import type { Requirement } from "../requirement.ts";
import { traefikArgument, traefikPodsPath } from "./traefik-arguments.ts";

const label = "app.kubernetes.io/name=traefik";
const services = `/api/v1/services?labelSelector=${encodeURIComponent(label)}`;

interface Service {
  metadata: { name: string; namespace?: string };
}

/** Whether the gateway's name inside the cluster leads to it. */
export const inClusterName: Requirement = {
  item: "gateway's name in the cluster",
  concerns: ({ gateway }) => gateway !== undefined,
  paths: () => [services, traefikPodsPath],
  byHand: `kubectl get services -A -l ${label}`,
  judge({ gateway }, read) {
    const found = read<{ items: Service[] }>(services)?.items ?? [];
    const instead = `Clients inside the cluster take https://${gateway?.host} instead`;
    if (
      !found.some(({ metadata: { name, namespace } }) => name === "traefik" && namespace === "kube-system")
    ) {
      return {
        state: "warning",
        found: `there is no Service traefik in namespace kube-system, to which ${inClusterGatewayUrl} leads`,
        fix: instead,
      };
    }
    const target = traefikArgument(read, "entryPoints.web.http.redirections.entryPoint.to");
    return target === undefined
      ? { state: "ok", found: inClusterGatewayUrl }
      : {
          state: "warning",
          found: `Traefik sends all of plain HTTP to ${target}, so ${inClusterGatewayUrl} leads to HTTPS without a certificate for that name`,
          fix: instead,
        };
  },
};
