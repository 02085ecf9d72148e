import { type Proposer, readable, together, wanted } from "./proposal.ts";
import type { Read, Requirement } from "./requirement.ts";
import { hasWayIn, toClose, waysIn } from "./ways-in.ts";

interface Served {
  resources?: { name: string }[];
}

/** What the ways in from outside are declared with: kinds that another program brings. */
interface Definitions extends Requirement {
  /** Where everybody may read what the API server serves; the definitions themselves take more rights. */
  path: string;
  /** Those of the kinds that it does not serve. */
  absent(read: Read): string[];
}

function definitions(
  item: string,
  groupVersion: string,
  kinds: readonly string[],
  missing: { found: (ways: string) => string; fix: string },
): Definitions {
  const path = `/apis/${groupVersion}`;
  const absentIn = (read: Read): string[] => {
    const served = read<Served>(path)?.resources?.map(({ name }) => name) ?? [];
    return kinds.filter((name) => !served.includes(name));
  };
  return {
    path,
    absent: absentIn,
    item,
    concerns: hasWayIn,
    paths: () => [path],
    byHand: `kubectl api-resources --api-group=${groupVersion.split("/")[0]}`,
    judge(plan, read) {
      const absent = absentIn(read);
      const ways = waysIn(plan).join(" and ");
      return absent.length === 0
        ? { state: "ok", found: `${groupVersion}: ${kinds.join(", ")}` }
        : {
            state: "fault",
            found: `the cluster has no ${absent.join(", ")} of ${groupVersion}, ${missing.found(ways)}`,
            fix: `${missing.fix}, or close the ${ways} with ${toClose(plan)}`,
          };
    },
  };
}

/** Signs the certificates of the ways in. */
export const certManager = definitions(
  "cert-manager",
  "cert-manager.io/v1",
  ["certificates", "clusterissuers"],
  {
    found: (ways) => `so the ${ways} gets no certificate`,
    fix: "Install cert-manager (https://cert-manager.io/docs/installation/)",
  },
);

/** Lets clients outside the cluster in. */
export const traefik = definitions("Traefik", "traefik.io/v1alpha1", ["ingressroutes", "middlewares"], {
  found: (ways) => `so there can be no ${ways}`,
  fix: "Install Traefik 3, which k3s brings from 1.32 on unless it was started with --disable traefik",
});

/** Whether there can be a public route at all. */
export const routeKinds: Proposer = {
  lists: [traefik.path, certManager.path],
  propose(read) {
    const missing = [traefik, certManager].filter(
      ({ absent }) => readable(() => absent(read).length === 0) !== true,
    );
    return missing.length === 0
      ? together([])
      : wanted({
          path: ["route", "enabled"],
          value: false,
          why: `the cluster has no ${missing.map(({ item }) => item).join(" and no ")}, which a public route needs`,
        });
  },
};
