import type { Look } from "./requirement.ts";

interface Served {
  resources?: { name: string }[];
}

/** What the public route is declared with: kinds that another program brings. */
function definitions(
  item: string,
  groupVersion: string,
  wanted: readonly string[],
  missing: { found: string; fix: string },
): Look {
  // Everybody may read what an API server serves; the definitions themselves take more rights.
  const path = `/apis/${groupVersion}`;
  return {
    item,
    concerns: ({ route }) => route !== undefined,
    paths: () => [path],
    byHand: `kubectl api-resources --api-group=${groupVersion.split("/")[0]}`,
    judge(_plan, read) {
      const served = read<Served>(path)?.resources?.map(({ name }) => name) ?? [];
      const absent = wanted.filter((name) => !served.includes(name));
      return absent.length === 0
        ? { state: "ok", found: `${groupVersion}: ${wanted.join(", ")}` }
        : {
            state: "fault",
            found: `the cluster has no ${absent.join(", ")} of ${groupVersion}, ${missing.found}`,
            fix: `${missing.fix}, or close the public route with route.enabled: false`,
          };
    },
  };
}

/** Signs the certificate of the public route. */
export const certManager: Look = definitions(
  "cert-manager",
  "cert-manager.io/v1",
  ["certificates", "clusterissuers"],
  {
    found: "so the route gets no certificate",
    fix: "Install cert-manager (https://cert-manager.io/docs/installation/)",
  },
);

/** Lets the public route in. */
export const traefik: Look = definitions("Traefik", "traefik.io/v1alpha1", ["ingressroutes", "middlewares"], {
  found: "so there can be no public route",
  fix: "Install Traefik 3, which k3s brings from 1.32 on unless it was started with --disable traefik",
});
