import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import type { CustomResourceOptions } from "@pulumi/pulumi";
import type { objectMetadata } from "./metadata.ts";

type Metadata = ReturnType<typeof objectMetadata>;

/** cert-manager's Certificate, with the fields that the platform uses. */
export interface CertificateSpec {
  secretName: string;
  /** Lifetime as a Go duration, for example `2160h`. */
  duration: string;
  /** How long before its end it is renewed, as a Go duration. */
  renewBefore: string;
  dnsNames: string[];
  issuerRef: { name: string; kind: "ClusterIssuer" | "Issuer" };
}

export class Certificate extends CustomResource {
  constructor(
    name: string,
    args: { metadata: Metadata; spec: CertificateSpec },
    options?: CustomResourceOptions,
  ) {
    super(name, { apiVersion: "cert-manager.io/v1", kind: "Certificate", ...args }, options);
  }
}

/** Traefik's IngressRoute, with the fields that the platform uses. */
export interface IngressRouteSpec {
  entryPoints: ("web" | "websecure")[];
  routes: {
    kind: "Rule";
    match: string;
    middlewares: { name: string }[];
    services: { name: string; port: number }[];
  }[];
  tls?: { secretName: string };
}

export class IngressRoute extends CustomResource {
  constructor(
    name: string,
    args: { metadata: Metadata; spec: IngressRouteSpec },
    options?: CustomResourceOptions,
  ) {
    super(name, { apiVersion: "traefik.io/v1alpha1", kind: "IngressRoute", ...args }, options);
  }
}

/** Traefik's Middleware: one of the kinds that the platform uses. */
export type MiddlewareSpec =
  | { redirectScheme: { scheme: "https"; permanent: boolean } }
  | { ipAllowList: { sourceRange: string[] } };

export class Middleware extends CustomResource {
  constructor(
    name: string,
    args: { metadata: Metadata; spec: MiddlewareSpec },
    options?: CustomResourceOptions,
  ) {
    super(name, { apiVersion: "traefik.io/v1alpha1", kind: "Middleware", ...args }, options);
  }
}
