/** The public route: whether there can be one, its host, and who signs for it. Pure. */
import { settingsSchema } from "../../stacks/settings/index.ts";
import type { ClusterFacts } from "./cluster-facts.ts";
import type { Asked, ByHand, Proposal, Wanted } from "./proposal.ts";

const shippedHost = settingsSchema.parse({}).route.host;

export function routeProposal(facts: ClusterFacts, asked: Asked): Proposal {
  if (!asked.settings.route.enabled) {
    return { wanted: [], byHand: [] };
  }
  const missing = [
    ...(facts.hasTraefik ? [] : ["Traefik"]),
    ...(facts.hasCertManager ? [] : ["cert-manager"]),
  ];
  if (missing.length > 0) {
    return {
      wanted: [
        {
          path: ["route", "enabled"],
          value: false,
          why: `the cluster has no ${missing.join(" and no ")}, which a public route needs`,
        },
      ],
      byHand: [],
    };
  }
  const parts = [issuerProposal(facts, asked), hostProposal(facts, asked)];
  return { wanted: parts.flatMap(({ wanted }) => wanted), byHand: parts.flatMap(({ byHand }) => byHand) };
}

function issuerProposal({ issuers }: ClusterFacts, { settings }: Asked): Proposal {
  const current = settings.route.issuer;
  if (issuers?.some(({ name }) => name === current)) {
    return { wanted: [], byHand: [] };
  }
  const ready = (issuers ?? []).filter((one) => one.ready);
  const [only, ...others] = ready;
  if (only !== undefined && others.length === 0) {
    return {
      wanted: [{ path: ["route", "issuer"], value: only.name, why: "the only ClusterIssuer that is ready" }],
      byHand: [],
    };
  }
  const why =
    issuers === undefined
      ? "these credentials may not read ClusterIssuers"
      : ready.length === 0
        ? "no ClusterIssuer is ready"
        : `several ClusterIssuers are ready: ${ready.map(({ name }) => name).join(", ")}`;
  return { wanted: [], byHand: [{ key: "route.issuer", why, look: "`kubectl get clusterissuer`" }] };
}

function hostProposal({ hosts }: ClusterFacts, { settings, given, sandbox }: Asked): Proposal {
  const current = settings.route.host;
  const confirm: Wanted["value"] = [...new Set([...settings.confirmed, "route.host"])];
  const confirmed = settings.confirmed.includes("route.host");
  if (given.host !== undefined) {
    const wanted: Wanted[] = [{ path: ["route", "host"], value: given.host, why: "--host" }];
    return {
      wanted:
        given.host === shippedHost
          ? [...wanted, { path: ["confirmed"], value: confirm, why: "--host" }]
          : wanted,
      byHand: [],
    };
  }
  if (current !== shippedHost || confirmed || sandbox) {
    return { wanted: [], byHand: [] };
  }
  const own = hosts.find((host) => domainOf(host) === domainOf(shippedHost));
  if (own !== undefined) {
    return {
      wanted: [
        {
          path: ["confirmed"],
          value: confirm,
          why: `the cluster serves ${own} already, so ${shippedHost} is its own`,
        },
      ],
      byHand: [],
    };
  }
  const domain = mostFrequent(hosts.flatMap((host) => domainOf(host) ?? []));
  const found = hosts.find((host) => domainOf(host) === domain);
  if (domain !== undefined) {
    const host = `vllm.${domain}`;
    return {
      wanted: [
        {
          path: ["route", "host"],
          value: host,
          why: `the cluster serves ${found}; its DNS name must lead to Traefik`,
        },
      ],
      byHand: [],
    };
  }
  const byHand: ByHand = {
    key: "route.host",
    why: "the shipped host is somebody else's, and the cluster serves none to guess yours from",
    look: "give it with --host, or set route.enabled: false",
  };
  return { wanted: [], byHand: [byHand] };
}

/** `ollama.home.example.org` → `home.example.org`; nothing for a name that has no domain of its own. */
function domainOf(host: string): string | undefined {
  const domain = host.split(".").slice(1).join(".");
  return domain.includes(".") ? domain : undefined;
}

function mostFrequent(words: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const word of words) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
