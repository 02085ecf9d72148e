import { ollamaOf, ollamaPaths } from "../../server/ollama.ts";
import type { Look } from "./requirement.ts";

/** The fallback on the CPU, which clients go to while the GPU is away. */
export const ollama: Look = {
  item: "Ollama",
  paths: ({ settings }) => (isBeside(settings.fallback.ollamaUrl) ? [...ollamaPaths] : []),
  byHand: "kubectl get service,deployment -A | grep ollama",
  judge({ settings }, read) {
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
        return {
          state: "warning",
          found: "no Service and Deployment ollama are in namespace ml: while the GPU is away nobody answers",
          fix: "Install Ollama there (https://github.com/otwld/ollama-helm), or name its URL in fallback.ollamaUrl",
        };
    }
  },
};

/** Whether the URL is that of Service `ollama` beside the platform. */
function isBeside(url: string): boolean {
  return /^ollama\.ml(\.svc(\.cluster\.local)?)?$/.test(new URL(url).hostname);
}
