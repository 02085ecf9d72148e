/** The way in from outside the cluster: certificate, HTTPS route behind an address list, and a redirect from HTTP. */

import type { RoutePlan } from "../plan/route.ts";
import { names, serverPort } from "../vocabulary/names.ts";
import { objectMetadata, type Part } from "./metadata.ts";

const certManager = "cert-manager.io/v1";
export const traefik = "traefik.io/v1alpha1";
const services = [{ name: names.service, port: serverPort }];

export function certificate(route: RoutePlan) {
  return certificateOf(names.certificate, "route", route);
}

/** A certificate for a host, in the Secret of the same name. */
export function certificateOf(
  name: string,
  part: Part,
  { certificate: lifetime, host, issuer }: Pick<RoutePlan, "certificate" | "host" | "issuer">,
) {
  return {
    apiVersion: certManager,
    kind: "Certificate" as const,
    metadata: objectMetadata(name, part),
    spec: {
      secretName: name,
      ...lifetime,
      dnsNames: [host],
      issuerRef: { name: issuer, kind: "ClusterIssuer" },
    },
  };
}

/** Lets nobody in whose address is not listed. */
export function accessMiddleware({ allowedRanges }: RoutePlan) {
  return {
    apiVersion: traefik,
    kind: "Middleware" as const,
    metadata: objectMetadata(names.accessMiddleware, "route"),
    spec: { ipAllowList: { sourceRange: allowedRanges } },
  };
}

export function redirectMiddleware() {
  return {
    apiVersion: traefik,
    kind: "Middleware" as const,
    metadata: objectMetadata(names.redirectMiddleware, "route"),
    spec: { redirectScheme: { scheme: "https", permanent: true } },
  };
}

export function httpsRoute({ rule }: RoutePlan) {
  return {
    apiVersion: traefik,
    kind: "IngressRoute" as const,
    metadata: objectMetadata(names.httpsRoute, "route"),
    spec: {
      entryPoints: ["websecure"],
      routes: [{ kind: "Rule", match: rule, middlewares: [{ name: names.accessMiddleware }], services }],
      tls: { secretName: names.certificate },
    },
  };
}

export function redirectRoute({ redirectRule }: RoutePlan) {
  return {
    apiVersion: traefik,
    kind: "IngressRoute" as const,
    metadata: objectMetadata(names.redirectRoute, "route"),
    spec: {
      entryPoints: ["web"],
      routes: [
        { kind: "Rule", match: redirectRule, middlewares: [{ name: names.redirectMiddleware }], services },
      ],
    },
  };
}
