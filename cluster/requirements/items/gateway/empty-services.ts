import type { Requirement } from "../requirement.ts";
import { traefikLabel, traefikPodsPath } from "../traefik-objects.ts";
import { isToldByArguments, traefikArgument } from "./traefik-arguments.ts";

const setting = "providers.kubernetescrd.allowEmptyServices";

/** Whether Traefik keeps the failover while the server has no pod: without that it drops it, and clients get 404. */
export const emptyServices: Requirement = {
  item: "empty Services",
  concerns: ({ gateway }) => gateway !== undefined,
  paths: () => [traefikPodsPath],
  byHand: `kubectl get pods -A -l ${traefikLabel} -o jsonpath='{..args}'`,
  judge(_plan, read) {
    const told = traefikArgument(read, setting);
    if (told === "true") {
      return { state: "ok", found: `Traefik runs with ${setting}` };
    }
    if (told === undefined && !isToldByArguments(read)) {
      return {
        state: "unknown",
        found: `no argument of a pod of Traefik tells of ${setting}`,
        fix: `See that it is on: without it clients get 404 from the gateway while the GPU is away`,
      };
    }
    return {
      state: "fault",
      found: `Traefik runs without ${setting}, so the gateway would answer 404 while the GPU is away`,
      fix: "Turn it on: `providers.kubernetesCRD.allowEmptyServices: true` in the values of Traefik's chart, which on k3s stand in a HelmChartConfig, or set gateway.enabled: false",
    };
  },
};
