/**
 * One way in for clients that want an answer from whoever can give it: Traefik asks the server first, and Ollama where the server
 * refuses, has no pod, or answers with one of the statuses below. No pod of its own. The same in every mode.
 */

import type { GatewayPlan } from "../plan/gateway.ts";
import { names, ollamaPort, servedByHeader, serverPort, traefikNamespace } from "../vocabulary/names.ts";
import { objectMetadata } from "./metadata.ts";
import { certificateOf, traefik } from "./public-route.ts";

/**
 * Answers that another server may do better: who stands before the server has lost it, or it is not ready. Not 404: a wrong model's
 * name would go to the CPU without a word; not 500, which is this request's own fault as often as not.
 */
const fallbackStatuses = ["502-504"];

/** A pod in the same house answers or refuses within milliseconds; a node that was just switched off does neither. */
const dialTimeout = "1s";

/**
 * Below the 5 s for which the server keeps an idle connection (uvicorn): one that it closes while a request is on its way would
 * count as an error, and send a client to the CPU although the GPU is there.
 */
const idleConnTimeout = "3s";

const backend = { kind: "TraefikService", name: names.gateway };

/** Which server is asked first, and when the other one is. */
export function failover({ maxBodyBytes }: GatewayPlan) {
  return {
    apiVersion: traefik,
    kind: "TraefikService" as const,
    metadata: objectMetadata(names.gateway, "gateway"),
    spec: {
      failover: {
        service: {
          ...target(names.service, serverPort),
          middlewares: [{ name: names.servedByGpu }, { name: names.gpuErrors }],
        },
        fallback: {
          ...target(names.gatewayFallback, ollamaPort),
          middlewares: [{ name: names.servedByCpu }],
        },
        // The body is kept to be sent once more. Without a limit one request could fill Traefik's memory; with one, Traefik
        // sets the whole of it aside for each request under way, so it is not set higher than a conversation needs.
        errors: { status: fallbackStatuses, maxRequestBodyBytes: maxBodyBytes },
      },
    },
  };
}

function target(name: string, port: number) {
  return { kind: "Service", name, port, serversTransport: names.gateway };
}

/** How Traefik reaches both. No limit for the answer's headers: an answer that is not streamed sends them at its end. */
export function transport() {
  return {
    apiVersion: traefik,
    kind: "ServersTransport" as const,
    metadata: objectMetadata(names.gateway, "gateway"),
    spec: { forwardingTimeouts: { dialTimeout, idleConnTimeout } },
  };
}

/** Says in each answer that the GPU gave it. */
export function servedByGpu() {
  return headers(names.servedByGpu, { customResponseHeaders: { [servedByHeader]: "gpu" } });
}

/**
 * Keeps an answer that the CPU will replace from the client. Without it, one that comes in parts has sent status 200 and no headers
 * before Traefik asks the CPU, whose own are lost then. Traefik's handler for nothing gives the body that nobody gets; the status stays.
 */
export function gpuErrors() {
  return middleware(names.gpuErrors, {
    errors: {
      status: fallbackStatuses,
      query: "/",
      service: { kind: "TraefikService", name: "noop@internal" },
    },
  });
}

/** Says in each answer that the CPU gave it; Ollama asks for no key, so it need not see the server's. An empty value takes a header away. */
export function servedByCpu() {
  return headers(names.servedByCpu, {
    customRequestHeaders: { Authorization: "" },
    customResponseHeaders: { [servedByHeader]: "cpu" },
  });
}

/**
 * Ollama's pods by a Service of the platform's own: where a Service that the failover names is not there, Traefik drops the whole
 * of it, and clients get 404 although the GPU is there.
 */
export function cpuService({ ollamaLabels }: GatewayPlan) {
  return {
    apiVersion: "v1" as const,
    kind: "Service" as const,
    metadata: objectMetadata(names.gatewayFallback, "gateway", {
      // It may have no pod for as long as nobody needs one.
      annotations: { "pulumi.com/skipAwait": "true" },
    }),
    spec: {
      type: "ClusterIP",
      selector: ollamaLabels,
      ports: [{ name: "http", port: ollamaPort, targetPort: ollamaPort, protocol: "TCP" }],
    },
  };
}

/** The gateway's name inside the cluster: Traefik, which knows by the name what is asked for. */
export function inClusterService() {
  return {
    apiVersion: "v1" as const,
    kind: "Service" as const,
    metadata: objectMetadata(names.gateway, "gateway"),
    spec: { type: "ExternalName", externalName: `traefik.${traefikNamespace}.svc.cluster.local` },
  };
}

/** Lets nobody in whose address is not listed. */
export function access({ allowedRanges }: GatewayPlan) {
  return middleware(names.gatewayAccessMiddleware, { ipAllowList: { sourceRange: allowedRanges } });
}

export function redirect() {
  return middleware(names.gatewayRedirectMiddleware, {
    redirectScheme: { scheme: "https", permanent: true },
  });
}

export function gatewayCertificate(gateway: GatewayPlan) {
  return certificateOf(names.gatewayCertificate, "gateway", gateway);
}

export function httpsRoute({ rule }: GatewayPlan) {
  return {
    apiVersion: traefik,
    kind: "IngressRoute" as const,
    metadata: objectMetadata(names.gateway, "gateway"),
    spec: {
      entryPoints: ["websecure"],
      routes: [behind(names.gatewayAccessMiddleware, rule)],
      tls: { secretName: names.gatewayCertificate },
    },
  };
}

/** Plain HTTP: clients inside the cluster, who have no certificate for that name, and a redirect for everybody else. */
export function httpRoute({ redirectRule, inClusterRule }: GatewayPlan) {
  return {
    apiVersion: traefik,
    kind: "IngressRoute" as const,
    metadata: objectMetadata(names.gatewayHttpRoute, "gateway"),
    spec: {
      entryPoints: ["web"],
      routes: [
        behind(names.gatewayRedirectMiddleware, redirectRule),
        // From outside, too, somebody may send that name.
        behind(names.gatewayAccessMiddleware, inClusterRule),
      ],
    },
  };
}

function behind(fence: string, match: string) {
  return { kind: "Rule", match, middlewares: [{ name: fence }], services: [backend] };
}

function headers(name: string, spec: object) {
  return middleware(name, { headers: spec });
}

function middleware<Spec>(name: string, spec: Spec) {
  return {
    apiVersion: traefik,
    kind: "Middleware" as const,
    metadata: objectMetadata(name, "gateway"),
    spec,
  };
}
