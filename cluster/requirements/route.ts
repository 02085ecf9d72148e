/** Whether clients outside the cluster reach the server by its public route: the server may serve while they do not. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Plan } from "../../stacks/plan/index.ts";
import { inClusterUrl } from "../../stacks/vocabulary/names.ts";
import type { ClusterApi } from "../api/index.ts";
import { certManager, traefik } from "./items/definitions.ts";
import { judged, type Read, readPaths, Unreadable } from "./items/requirement.ts";
import { type Certificate, certificatePath, readyCondition, whyNotReady } from "./items/route/certificate.ts";
import { wayIn } from "./items/route/way-in.ts";

export interface Route {
  url: string;
  /** Whether clients get in; null where that may not be looked at, and nothing is known against it. */
  ready: boolean | null;
  /** Why not, or that all is as it should be, as half a sentence. */
  detail: string;
}

/** Without one of them nobody gets in, whatever the certificate says. */
const needed = [traefik, certManager, wayIn];

/**
 * How long a certificate that was just asked for is waited for, in milliseconds: an issuer of the cluster's own signs within a
 * second or two. One that asks the Internet is not waited for.
 */
const patienceMs = 5000;
const askEveryMs = 250;

/**
 * Looks at the route of a plan.
 * @param patient whether a certificate that was just asked for gets a moment. @default false
 * @returns null for a plan without a route
 * @throws UnreachableError where the cluster does not answer.
 */
export async function readRoute(
  plan: Plan,
  api: ClusterApi,
  { patient = false, signal }: { patient?: boolean; signal?: AbortSignal } = {},
): Promise<Route | null> {
  if (plan.route === undefined) {
    return null;
  }
  const until = Date.now() + patienceMs;
  for (;;) {
    const read = await readPaths(api, [certificatePath(), ...needed.flatMap((look) => look.paths(plan))]);
    const route = routeOf(plan, read);
    if (!patient || route.ready !== false || Date.now() > until || !isNew(read)) {
      return route;
    }
    await sleep(askEveryMs, undefined, signal === undefined ? {} : { signal });
  }
}

/** Whether the certificate was asked for a moment ago, or otherwise than before. Only asked where it could be read. */
function isNew(read: Read): boolean {
  const certificate = read<Certificate>(certificatePath());
  if (certificate === undefined) {
    return false;
  }
  const { creationTimestamp } = certificate.metadata;
  return (
    readyCondition(certificate) === undefined ||
    (creationTimestamp !== undefined && Date.now() - Date.parse(creationTimestamp) < patienceMs)
  );
}

/** The same by what was read. */
function routeOf(plan: Plan, read: Read): Route {
  const host = plan.route?.host ?? "";
  const url = `https://${host}`;
  const against = needed
    .map((look) => judged(look, plan, read))
    .find(({ state }) => state === "fault" || state === "warning");
  if (against !== undefined) {
    return { url, ready: false, detail: against.found };
  }
  try {
    const why = whyNotReady(read<Certificate>(certificatePath()), host);
    return why === undefined
      ? { url, ready: true, detail: "its certificate is ready" }
      : { url, ready: false, detail: why };
  } catch (error) {
    if (error instanceof Unreadable) {
      return { url, ready: null, detail: `its certificate may not be read: ${error.message}` };
    }
    throw error;
  }
}

/** `at https://…`; where the route lets nobody in, where users have the server meanwhile, and why. */
export function servedAt(route: Route | null): string {
  if (route === null) {
    return `at ${inClusterUrl}`;
  }
  return route.ready === false
    ? `inside the cluster; ${route.url} not yet: ${route.detail}`
    : `at ${route.url}`;
}
