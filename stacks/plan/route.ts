import type { Settings } from "../settings/index.ts";

/** What the public route lets in. */
export interface RoutePlan {
  host: string;
  issuer: string;
  /** Lifetime of a certificate, and how long before its end it is renewed, as Go durations. */
  certificate: { duration: string; renewBefore: string };
  /** Rule of the HTTPS route, in Traefik's language. */
  rule: string;
  /** Rule of the HTTP route, which only redirects. */
  redirectRule: string;
  allowedRanges: string[];
}

type RouteSettings = Settings["route"];

/** The public route, or nothing where it is turned off; the rules see to it that one has a host. */
export function planRoute({ host, ...route }: RouteSettings): RoutePlan | undefined {
  if (!route.enabled || host === undefined) {
    return undefined;
  }
  const paths = [
    ...route.pathPrefixes.map((prefix) => `PathPrefix(\`${prefix}\`)`),
    ...route.paths.map((path) => `Path(\`${path}\`)`),
  ];
  const hostRule = `Host(\`${host}\`)`;
  return {
    host,
    issuer: route.issuer,
    certificate: route.certificate,
    rule: `${hostRule} && (${paths.join(" || ")})`,
    redirectRule: hostRule,
    allowedRanges: route.allowedRanges,
  };
}

/** Whether the route's rule lets a request in; the same meaning as Traefik's Host, PathPrefix and Path. */
export function letsIn(route: RouteSettings, request: { host: string; path: string }): boolean {
  return (
    route.enabled &&
    request.host.toLowerCase() === route.host &&
    (route.pathPrefixes.some((prefix) => request.path.startsWith(prefix)) ||
      route.paths.includes(request.path))
  );
}
