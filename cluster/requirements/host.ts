/** The host of the public route: one beside those that the cluster serves already. */
import { names } from "../../stacks/vocabulary/names.ts";
import { byHand, listed, type Proposer, together, wanted } from "./items/proposal.ts";
import type { Read } from "./items/requirement.ts";

const routes = "/apis/traefik.io/v1alpha1/ingressroutes";
const ingresses = "/apis/networking.k8s.io/v1/ingresses";
const certificates = "/apis/cert-manager.io/v1/certificates";

export const host: Proposer = {
  lists: [routes, ingresses, certificates],
  propose(read, { settings, given, isNew }) {
    const current = settings.route.host;
    if (given.host !== undefined) {
      return wanted({ path: ["route", "host"], value: given.host, why: "--host" });
    }
    const served = hostsOf(read);
    const isIts = (one: string | undefined) =>
      one !== undefined && served.some((other) => domainOf(other) === domainOf(one));
    if (current !== undefined && (!isNew || isIts(current))) {
      return together([]);
    }
    const domain = mostFrequent(served.flatMap((one) => domainOf(one) ?? []));
    if (domain !== undefined) {
      const found = served.find((one) => domainOf(one) === domain);
      return wanted({
        path: ["route", "host"],
        value: `vllm.${domain}`,
        why: `the cluster serves ${found}; its DNS name must lead to Traefik`,
      });
    }
    return together([
      wanted({ path: ["route", "host"], value: undefined, why: "the file's is the reference setup's" }),
      byHand({
        key: "route.host",
        why: "the cluster serves no host to guess yours from",
        look: "give it with --host, or set route.enabled: false",
      }),
    ]);
  },
};

/** Host names that the cluster serves already, those of the platform's own ways in left out. */
function hostsOf(read: Read): string[] {
  const from = <Item>(path: string, own: readonly string[], take: (item: Item) => string[]): string[] =>
    (listed<Item>(read, path) ?? []).flatMap((item) =>
      item.metadata.namespace === names.namespace && own.includes(item.metadata.name) ? [] : take(item),
    );
  const hosts = [
    ...from<{ spec?: { routes?: { match?: string }[] } }>(
      routes,
      [names.httpsRoute, names.redirectRoute, names.gateway, names.gatewayHttpRoute],
      ({ spec }) =>
        (spec?.routes ?? []).flatMap(({ match = "" }) =>
          [...match.matchAll(/Host\(`([^`]+)`\)/g)].map(([, name = ""]) => name),
        ),
    ),
    ...from<{ spec?: { rules?: { host?: string }[] } }>(ingresses, [], ({ spec }) =>
      (spec?.rules ?? []).flatMap((rule) => rule.host ?? []),
    ),
    ...from<{ spec?: { dnsNames?: string[] } }>(
      certificates,
      [names.certificate, names.gatewayCertificate],
      ({ spec }) => spec?.dnsNames ?? [],
    ),
  ];
  return [...new Set(hosts.filter((name) => !name.includes("*")))].sort();
}

/** `ollama.home.example.org` → `home.example.org`; nothing for a name that has no domain of its own. */
function domainOf(name: string): string | undefined {
  const domain = name.split(".").slice(1).join(".");
  return domain.includes(".") ? domain : undefined;
}

function mostFrequent(words: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const word of words) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
