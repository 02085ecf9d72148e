/** The server that is to be verified, and by which way it is asked. */
import type { ClusterApi } from "../../cluster/api/index.ts";
import type { Way } from "../../cluster/server/ask.ts";
import { MissingRight } from "../../cluster/server/rights.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import { names } from "../../stacks/vocabulary/names.ts";
import { Ended } from "../../system/errors.ts";
import { type Check, judge } from "./base/report.ts";
import { type RouteVerdict, verifyRoute } from "./checks/route.ts";
import type { VerifyOptions } from "./look.ts";
import { askWho, certificateEnd, findPod, httpsWay, podWay, type ServerWords, urlWay } from "./ways.ts";

export interface FoundServer extends ServerWords {
  /** As clients go, or the next best. */
  way: Way;
  /** Around the public route. */
  inner?: Way;
  pod?: string;
}

/** The server, where one answers, and what was found on the way to it. */
export interface Finding {
  server?: FoundServer;
  /** Whether it is there at all; empty where a URL names it. */
  there: Check[];
  ofRoute: Check[];
}

/** The cluster's own server, by its route where that leads there. @throws Ended where it may not be asked */
export async function ownServer(
  api: ClusterApi,
  plan: Plan,
  { signal, say }: Pick<VerifyOptions, "signal" | "say">,
): Promise<Finding> {
  let server: FoundServer | undefined;
  const there = await judge("server", signal, async () => {
    const pod = await findPod(api);
    const inner = podWay(api, pod);
    const words = await askWho(inner, signal).catch((error: unknown) => {
      throw error instanceof MissingRight
        ? new Ended("refused", `The server cannot be asked: ${error.message}.`)
        : error;
    });
    server = { ...words, pod, inner, way: inner };
    return pod;
  });
  if (server === undefined) {
    return { there: [there], ofRoute: [] };
  }
  say("the public route");
  const route = await lookAtRoute(api, plan, server, signal);
  return {
    server: route.isOurs ? { ...server, way: httpsWay(plan.route?.host ?? "") } : server,
    there: [there],
    ofRoute: route.checks,
  };
}

/** A server at a URL; whose it is is for the person to know. @throws Ended where nobody answers */
export async function namedServer(url: string, { signal }: Pick<VerifyOptions, "signal">): Promise<Finding> {
  const way = urlWay(url);
  const words = await askWho(way, signal).catch((error: Error) => {
    signal.throwIfAborted();
    throw new Ended("unreachable", `${way.name} does not answer: ${error.message}.`);
  });
  return { server: { ...words, way }, there: [], ofRoute: routeSkipped("--url names another way") };
}

async function lookAtRoute(
  api: ClusterApi,
  { route, settings }: Plan,
  { simulated }: ServerWords,
  signal: AbortSignal,
): Promise<RouteVerdict> {
  if (route === undefined) {
    return { isOurs: false, checks: routeSkipped("the mode has no public route") };
  }
  if (simulated !== null) {
    // The host may be a real home's, which has nothing to do with a simulated cluster.
    return { isOurs: false, checks: routeSkipped("the server is simulated, and nobody serves its route") };
  }
  return verifyRoute({
    way: httpsWay(route.host),
    plain: { name: `http://${route.host}`, origin: new URL(`http://${route.host}`) },
    route: settings.route,
    notAfter: await certificateEnd(api, names.certificate),
    now: new Date(),
    signal,
  });
}

function routeSkipped(why: string): Check[] {
  return (["certificate", "redirect", "paths"] as const).map((check) => ({
    check,
    state: "skipped",
    found: why,
  }));
}
