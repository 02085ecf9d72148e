import { traefikNamespace as home, names } from "../../../../stacks/vocabulary/names.ts";
import type { Requirement } from "../requirement.ts";
import { traefikLabel as label, traefikPodsPath as path } from "../traefik-objects.ts";
import { hasWayIn } from "../ways-in.ts";

interface Pod {
  metadata: { name: string; namespace: string };
  status?: { phase?: string };
}

/** Whether the NetworkPolicy admits those who bring requests from outside. */
export const wayIn: Requirement = {
  item: "way in",
  concerns: hasWayIn,
  paths: () => [path],
  byHand: `kubectl get pods -A -l ${label}`,
  judge({ settings }, read) {
    const pods = (read<{ items: Pod[] }>(path)?.items ?? []).filter(
      ({ status }) => !/^(Succeeded|Failed)$/.test(status?.phase ?? ""),
    );
    // In the first one the NetworkPolicy admits Traefik's pods whatever the settings say.
    const admitted = [home, names.namespace, ...settings.access.namespaces];
    const places = [...new Set(pods.map(({ metadata }) => metadata.namespace))].sort();
    const reaching = places.filter((place) => admitted.includes(place));
    if (reaching.length > 0) {
      return {
        state: "ok",
        found: `Traefik in namespace ${reaching.join(", ")}, which the NetworkPolicy admits`,
      };
    }
    return places.length === 0
      ? {
          state: "unknown",
          found: `no pod of the cluster has Traefik's label ${label}, so whoever brings requests in is not known`,
          fix: `See that it runs with that label in namespace ${home}, or in one that access.namespaces names: the NetworkPolicy admits nobody else`,
        }
      : {
          state: "warning",
          found: `Traefik runs in namespace ${places.join(", ")}, and the NetworkPolicy admits it in ${home} only, so no request from outside reaches the server`,
          fix: `Add it to \`access.namespaces: [${[...settings.access.namespaces, ...places].join(", ")}]\``,
        };
  },
};
