import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";
import { names, serverPort } from "../stacks/names.ts";
import type { RoutePlan } from "../stacks/route.ts";
import { Certificate, IngressRoute, Middleware } from "./custom-resources.ts";
import { objectMetadata } from "./metadata.ts";

/** The way in from outside the cluster: certificate, HTTPS route behind an address list, and a redirect from HTTP. */
export class PublicRoute extends ComponentResource {
  constructor(name: string, args: { route: RoutePlan }, options: ComponentResourceOptions = {}) {
    super("vllm-platform:index:PublicRoute", name, {}, options);
    const { route } = args;
    const child = { parent: this };
    const services = [{ name: names.service, port: serverPort }];

    new Certificate(
      `${name}-certificate`,
      {
        metadata: objectMetadata(names.certificate, "route"),
        spec: {
          secretName: names.certificate,
          ...route.certificate,
          dnsNames: [route.host],
          issuerRef: { name: route.issuer, kind: "ClusterIssuer" },
        },
      },
      child,
    );

    const access = new Middleware(
      `${name}-access`,
      {
        metadata: objectMetadata(names.accessMiddleware, "route"),
        spec: { ipAllowList: { sourceRange: route.allowedRanges } },
      },
      child,
    );
    const redirect = new Middleware(
      `${name}-redirect-middleware`,
      {
        metadata: objectMetadata(names.redirectMiddleware, "route"),
        spec: { redirectScheme: { scheme: "https", permanent: true } },
      },
      child,
    );

    new IngressRoute(
      `${name}-https`,
      {
        metadata: objectMetadata(names.httpsRoute, "route"),
        spec: {
          entryPoints: ["websecure"],
          routes: [
            { kind: "Rule", match: route.rule, middlewares: [{ name: names.accessMiddleware }], services },
          ],
          tls: { secretName: names.certificate },
        },
      },
      // A route without its fence would let everyone in for a moment.
      { ...child, dependsOn: [access] },
    );
    new IngressRoute(
      `${name}-redirect`,
      {
        metadata: objectMetadata(names.redirectRoute, "route"),
        spec: {
          entryPoints: ["web"],
          routes: [
            {
              kind: "Rule",
              match: route.redirectRule,
              middlewares: [{ name: names.redirectMiddleware }],
              services,
            },
          ],
        },
      },
      { ...child, dependsOn: [redirect] },
    );
    this.registerOutputs({});
  }
}
