import { inClusterGatewayUrl, traefikNamespace } from "../../../../stacks/vocabulary/names.ts";
import type { Requirement } from "../requirement.ts";
import { traefikLabel, traefikPodsPath, traefikServicesPath } from "../traefik-objects.ts";
import { traefikArgument } from "./traefik-arguments.ts";

interface Service {
  metadata: { name: string; namespace?: string };
}

/** Whether the gateway's name inside the cluster leads to it. */
export const inClusterName: Requirement = {
  item: "gateway's name in the cluster",
  concerns: ({ gateway }) => gateway !== undefined,
  paths: () => [traefikServicesPath, traefikPodsPath],
  byHand: `kubectl get services -A -l ${traefikLabel}`,
  judge({ gateway }, read) {
    const found = read<{ items: Service[] }>(traefikServicesPath)?.items ?? [];
    const instead = `Clients inside the cluster take https://${gateway?.host} instead`;
    if (
      !found.some(({ metadata: { name, namespace } }) => name === "traefik" && namespace === traefikNamespace)
    ) {
      return {
        state: "warning",
        found: `there is no Service traefik in namespace ${traefikNamespace}, to which ${inClusterGatewayUrl} leads`,
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
