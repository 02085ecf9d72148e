import { names, ollamaPort } from "../../../stacks/vocabulary/names.ts";
import { serviceAt } from "../../../stacks/vocabulary/service-host.ts";
import { ollamaOf, ollamaPaths } from "../../server/ollama.ts";
import { byHand, listed, type Proposer, together, wanted } from "./proposal.ts";
import type { Requirement } from "./requirement.ts";

const services = "/api/v1/services";

/** The fallback on the CPU, which clients go to while the GPU is away. */
export const ollama: Requirement & Proposer = {
  item: "Ollama",
  paths: ({ settings }) => (isBeside(settings.fallback.ollamaUrl) ? [...ollamaPaths] : []),
  byHand: "kubectl get service,deployment -A | grep ollama",
  judge({ settings, ollama: own }, read) {
    const url = settings.fallback.ollamaUrl;
    if (!isBeside(url)) {
      return {
        state: "unknown",
        found: `${url} is not in the platform's namespace, and is not asked from here`,
        fix: `Ask it from a pod: \`kubectl run ollama-test -n default --rm -i --restart=Never --image=busybox -- wget -qO- -T 5 ${url}/api/tags\``,
      };
    }
    const [service, deployment] = ollamaPaths;
    switch (ollamaOf(read(service), read(deployment))) {
      case "ready":
        return { state: "ok", found: `ready at ${url}` };
      case "not ready":
        return {
          state: "warning",
          found: "it is there, but not ready: while the GPU is away nobody answers",
          fix: "See why: `kubectl describe deployment ollama -n ml`",
        };
      case "not found":
        if (own !== undefined) {
          return { state: "ok", found: "it is brought by the next update" };
        }
        return {
          state: "warning",
          found: "no Service and Deployment ollama are in namespace ml: while the GPU is away nobody answers",
          fix: "Install Ollama there (https://github.com/otwld/ollama-helm), have the platform bring it (ollama.enabled: true), or name its URL in fallback.ollamaUrl",
        };
    }
  },
  lists: [services],
  propose(read, { settings }) {
    const current = settings.fallback.ollamaUrl;
    const found = listed<Service>(read, services);
    const urls = (found ?? []).flatMap(urlOf);
    const [only, ...others] = urls;
    if (urls.includes(current)) {
      return together([]);
    }
    if (only !== undefined && others.length === 0) {
      return wanted({ path: ["fallback", "ollamaUrl"], value: only, why: "the Service of Ollama" });
    }
    const why =
      found === undefined
        ? "these credentials may not read Services"
        : only === undefined
          ? `the cluster has no Service of Ollama, so nobody answers at ${current} while the GPU is away`
          : `several Services look like Ollama: ${urls.join(", ")}`;
    return byHand({ key: "fallback.ollamaUrl", why, look: "`kubectl get services -A | grep 11434`" });
  },
};

interface Service {
  metadata: { name: string; namespace?: string };
  spec?: { ports?: { port: number }[] };
}

/** The URL of a Service that looks like Ollama: by its name, or by its port. */
function urlOf({ metadata: { name, namespace }, spec }: Service): string[] {
  const ports = (spec?.ports ?? []).map(({ port }) => port);
  const port = ports.includes(ollamaPort) ? ollamaPort : name === "ollama" ? ports[0] : undefined;
  return port === undefined ? [] : [`http://${name}.${namespace}.svc.cluster.local:${port}`];
}

/** Whether the URL is that of Service `ollama` beside the platform. */
function isBeside(url: string): boolean {
  const at = serviceAt(new URL(url).hostname);
  return at?.name === names.ollama && at.namespace === names.namespace;
}
