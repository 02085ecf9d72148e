/**
 * What a mode declares in the cluster, as plain data: what `npm run render` prints, `components/` declares, and live objects
 * are compared with. One concept a file. Pure.
 */

import type { GatewayPlan } from "../plan/gateway.ts";
import type { Plan } from "../plan/index.ts";
import { names } from "../vocabulary/names.ts";
import { objectTitle, type PlatformObject, possibleObjects } from "../vocabulary/objects.ts";
import { claim, fallback } from "./config-maps.ts";
import * as gatewayManifests from "./gateway.ts";
import type { LiveValues, Manifest } from "./manifest.ts";
import { modelCache } from "./model-cache.ts";
import { namespace } from "./namespace.ts";
import { networkPolicy } from "./network-policy.ts";
import * as ollamaManifests from "./ollama.ts";
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
  const { cache, route, gateway } = plan;
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
    ...(gateway === undefined ? [] : gatewayObjects(gateway)),
    ...ollamaObjects(plan),
    disruptionBudget(),
    service(),
  ];
}

function gatewayObjects(gateway: GatewayPlan): Manifest[] {
  const { access, cpuService, failover, gatewayCertificate, httpRoute, httpsRoute, inClusterService } =
    gatewayManifests;
  const { gpuErrors, redirect, servedByCpu, servedByGpu, transport } = gatewayManifests;
  return [
    gatewayCertificate(gateway),
    access(gateway),
    redirect(),
    servedByGpu(),
    gpuErrors(),
    servedByCpu(),
    transport(),
    cpuService(gateway),
    failover(gateway),
    httpsRoute(gateway),
    httpRoute(gateway),
    inClusterService(),
  ];
}

function ollamaObjects(plan: Plan): Manifest[] {
  const { ollama, defaultModel } = plan;
  const { defaultModelJob, deployment, networkPolicy, service, volume } = ollamaManifests;
  return [
    ...(ollama?.storage.kind === "claim" ? [volume(ollama.storage)] : []),
    ...(ollama === undefined ? [] : [networkPolicy(plan), deployment(ollama), service()]),
    ...(defaultModel === undefined ? [] : [defaultModelJob(defaultModel)]),
  ];
}

/** The objects that a plan declares, the claim among them. */
export function declaredObjects(plan: Plan): PlatformObject[] {
  const declared = new Set(manifestsOf(plan, { claim: {} }).map((one) => `${one.kind}/${one.metadata.name}`));
  return possibleObjects.filter((object) => declared.has(objectTitle(object)));
}
