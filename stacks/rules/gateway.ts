// What the gateway, and Ollama behind it, need of the other settings.
import { inClusterOllamaUrl, names } from "../vocabulary/names.ts";
import { serviceAt } from "../vocabulary/service-host.ts";
import type { Rule } from "./rule.ts";

export const gatewayRules: readonly Rule[] = [
  {
    reads: ["gateway.enabled", "gateway.host"],
    findings: ({ gateway: { enabled, host } }) =>
      enabled && host === undefined
        ? [
            {
              path: ["gateway", "host"],
              problem: "is missing; the gateway and its certificate are for a host",
              fix: "Name one whose DNS name leads to Traefik, such as llm.home.example.org, or set gateway.enabled: false",
            },
          ]
        : [],
  },
  {
    reads: ["gateway.enabled", "gateway.host", "route.enabled", "route.host"],
    findings: ({ gateway, route }) =>
      gateway.enabled && route.enabled && gateway.host !== undefined && gateway.host === route.host
        ? [
            {
              path: ["gateway", "host"],
              found: gateway.host,
              problem: "is route.host, too; a host leads either to the server alone or to the gateway",
              fix: "Name another one, or close the public route with route.enabled: false",
            },
          ]
        : [],
  },
  {
    reads: ["gateway.enabled", "fallback.ollamaUrl"],
    findings: ({ gateway, fallback: { ollamaUrl } }) =>
      gateway.enabled && serviceAt(new URL(ollamaUrl).hostname)?.namespace !== names.namespace
        ? [
            {
              path: ["fallback", "ollamaUrl"],
              found: ollamaUrl,
              problem: `is not in namespace ${names.namespace}, and the gateway needs Ollama there: Traefik leads to Services of other namespaces, or outside the cluster, only where it was started so`,
              fix: `Install Ollama in namespace ${names.namespace}, or have the platform bring it (ollama.enabled: true), and name it as ${inClusterOllamaUrl}; or set gateway.enabled: false`,
            },
          ]
        : [],
  },
  {
    reads: ["gateway.enabled", "gateway.ollama.podLabels", "ollama.enabled"],
    findings: ({ gateway, ollama }) =>
      gateway.enabled && !ollama.enabled && Object.keys(gateway.ollama.podLabels).length === 0
        ? [
            {
              path: ["gateway", "ollama", "podLabels"],
              problem: "names no label, and so no pod of Ollama",
              fix: "Name a label that only Ollama's pods have: `kubectl get pods -n ml --show-labels`, or remove it for the default",
            },
          ]
        : [],
  },
  {
    reads: ["ollama.enabled", "fallback.ollamaUrl"],
    findings: ({ ollama, fallback: { ollamaUrl } }) =>
      ollama.enabled && ollamaUrl !== inClusterOllamaUrl
        ? [
            {
              path: ["fallback", "ollamaUrl"],
              found: ollamaUrl,
              problem: "is not the Ollama that ollama.enabled brings, and clients would be sent past it",
              fix: `Remove it; the default is ${inClusterOllamaUrl}. Or set ollama.enabled: false and use the one that is there`,
            },
          ]
        : [],
  },
  {
    reads: ["ollama.hostPath", "ollama.claim"],
    findings: ({ ollama: { hostPath, claim } }) =>
      hostPath !== undefined && claim !== undefined
        ? [
            {
              path: ["ollama", "claim"],
              problem: "excludes ollama.hostPath, and both are set",
              fix: "Remove one of the two",
            },
          ]
        : [],
  },
];
