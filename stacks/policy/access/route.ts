// The ways in from outside: encrypted, to listed paths only, from listed addresses only.
import type { Manifest } from "../../manifests/index.ts";
import { serviceAt } from "../../vocabulary/service-host.ts";
import { at, type Breach, breach, itemsAt, type Place, placeOf } from "../base/place.ts";
import { definePolicy } from "../base/policy.ts";

export const fencedRoute = definePolicy(
  {
    name: "fenced-route",
    scope: "stack",
    demands:
      "Each rule of an IngressRoute has TLS with a Certificate of this stack, lists the paths that it lets in, and stands behind a Middleware with a list of addresses; without TLS it only redirects, or is for names inside the cluster: beside the API the server has `/metrics` and calls that stop it, which ask for no key.",
  },
  (manifests) =>
    manifests
      .filter(({ kind }) => kind === "IngressRoute")
      .map(placeOf)
      .flatMap((route) => judgeRoute(route, manifests)),
);

function judgeRoute(route: Place, manifests: readonly Manifest[]): Breach[] {
  const isEncrypted = JSON.stringify(at(route, "spec", "entryPoints").value) === '["websecure"]';
  const rules = itemsAt(route, "spec", "routes");
  return [
    ...(isEncrypted ? judgeTls(at(route, "spec", "tls", "secretName"), manifests) : []),
    ...rules.flatMap((rule) => judgeRule(rule, manifests, isEncrypted)),
  ];
}

function judgeTls(secret: Place, manifests: readonly Manifest[]): Breach[] {
  const isCertified = manifests
    .filter(({ kind }) => kind === "Certificate")
    .some(
      (one) => secret.value !== undefined && at(placeOf(one), "spec", "secretName").value === secret.value,
    );
  return isCertified ? [] : [breach(secret, "Name the Secret of a Certificate that the stack declares")];
}

function judgeRule(rule: Place, manifests: readonly Manifest[], isEncrypted: boolean): Breach[] {
  const fences = middlewaresOf(rule, manifests);
  if (
    !isEncrypted &&
    fences.some((fence) => at(fence, "spec", "redirectScheme", "scheme").value === "https")
  ) {
    return [];
  }
  const match = at(rule, "match");
  const { hosts, paths } = readMatch(match.value);
  const listed = fences.map((fence) => at(fence, "spec", "ipAllowList", "sourceRange"));
  return [
    ...(hosts.length === 0 || paths.length === 0 || paths.includes("/")
      ? [breach(match, "Write it as Host(`…`) && (PathPrefix(`…`) || Path(`…`)), and not with the path /")]
      : []),
    ...(isEncrypted || hosts.every(isInCluster)
      ? []
      : [breach(match, "Redirect to https, or serve it on the entry point websecure alone")]),
    ...(listed.some(({ value }) => Array.isArray(value) && value.length > 0)
      ? []
      : [
          breach(
            at(rule, "middlewares"),
            "Put a Middleware of this stack with ipAllowList.sourceRange before it",
          ),
        ]),
  ];
}

/** The Middlewares of a rule that the stack declares. */
function middlewaresOf(rule: Place, manifests: readonly Manifest[]): Place[] {
  const wanted = itemsAt(rule, "middlewares").map(({ value }) => Object(value).name);
  return manifests
    .filter(({ kind, metadata }) => kind === "Middleware" && wanted.includes(metadata.name))
    .map(placeOf);
}

const oneOrMore = (term: string): string => `(?:${term}|\\(${term}(?: \\|\\| ${term})*\\))`;
const form = new RegExp(
  `^(${oneOrMore("Host\\(`[^`]+`\\)")}) && (${oneOrMore("Path(?:Prefix)?\\(`[^`]+`\\)")})$`,
);

/** Hosts and paths of a rule in Traefik's language; none of both where it is written in another way, which may let in more. */
function readMatch(match: unknown): { hosts: string[]; paths: string[] } {
  const [, hosts, paths] = form.exec(String(match)) ?? [];
  const quoted = (text = "") => [...text.matchAll(/`([^`]+)`/g)].map(([, value = ""]) => value);
  return { hosts: quoted(hosts), paths: quoted(paths) };
}

/** A bare name is completed by a pod's resolver only. */
function isInCluster(host: string): boolean {
  return serviceAt(host) !== undefined || !host.includes(".");
}
