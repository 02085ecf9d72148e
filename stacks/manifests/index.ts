/**
 * What a mode declares in the cluster, as plain data: what `npm run render` prints, `components/` declares, and live objects
 * are compared with. One concept a file. Pure.
 */

import type { Plan } from "../plan/index.ts";
import { names } from "../vocabulary/names.ts";
import { claim, fallback } from "./config-maps.ts";
import type { LiveValues, Manifest } from "./manifest.ts";
import { modelCache } from "./model-cache.ts";
import { namespace } from "./namespace.ts";
import { networkPolicy } from "./network-policy.ts";
import {
  accessMiddleware,
  certificate,
  httpsRoute,
  redirectMiddleware,
  redirectRoute,
} from "./public-route.ts";
import { apiKeySecret, huggingFaceSecret } from "./secrets.ts";
import { deployment, disruptionBudget, service } from "./server.ts";

export type { LiveValues, Manifest } from "./manifest.ts";

/** Every object that a plan declares, in the order in which a person, or an apply from nothing, wants them. */
export function manifestsOf(plan: Plan, live: LiveValues = {}): Manifest[] {
  const { cache, route } = plan;
  const { secrets = {} } = live;
  return [
    namespace(),
    ...(cache.kind === "claim" ? [modelCache(cache)] : []),
    ...(plan.apiKey ? [apiKeySecret(secrets[names.apiKeySecret])] : []),
    ...(plan.huggingFace?.kind === "token" ? [huggingFaceSecret(secrets[names.huggingFaceSecret])] : []),
    ...(live.claim === undefined ? [] : [claim(live.claim)]),
    fallback(plan),
    networkPolicy(plan),
    deployment(plan, live),
    ...(route === undefined ? [] : [certificate(route), httpsRoute(route), redirectRoute(route)]),
    ...(route === undefined ? [] : [accessMiddleware(route), redirectMiddleware()]),
    disruptionBudget(),
    service(),
  ];
}
