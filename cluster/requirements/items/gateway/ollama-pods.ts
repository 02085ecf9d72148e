import type { Plan } from "../../../../stacks/plan/index.ts";
import { names } from "../../../../stacks/vocabulary/names.ts";
import { isReadyPod } from "../../../server/ready-pod.ts";
import type { Read, Requirement } from "../requirement.ts";

export interface OllamaPod {
  metadata: { name: string; deletionTimestamp?: unknown };
  status?: { conditions?: { type: string; status: string }[] };
}

/** The labels as kubectl and the API server take them: `app=ollama,tier=cpu`. */
export function ollamaSelector({ gateway }: Plan): string {
  return Object.entries(gateway?.ollamaLabels ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}

/** Ollama's pods behind the gateway. */
export const ollamaPodsPath = (plan: Plan): string =>
  `/api/v1/namespaces/${names.namespace}/pods?labelSelector=${encodeURIComponent(ollamaSelector(plan))}`;

/** Whether the gateway has somebody to send clients to while the GPU is away. */
export const ollamaPods: Requirement = {
  item: "Ollama's pods",
  concerns: ({ gateway }) => gateway !== undefined,
  paths: (plan) => [ollamaPodsPath(plan)],
  byHand: `kubectl get pods -n ${names.namespace} --show-labels`,
  judge(plan, read: Read) {
    const selector = ollamaSelector(plan);
    const pods = read<{ items: OllamaPod[] }>(ollamaPodsPath(plan))?.items ?? [];
    const ready = pods.filter(isReadyPod).map(({ metadata }) => metadata.name);
    if (ready.length > 0) {
      return { state: "ok", found: `${ready.join(", ")} by ${selector}` };
    }
    if (pods.length === 0 && plan.ollama !== undefined) {
      return { state: "ok", found: "they are brought by the next update" };
    }
    const consequence = "while the GPU is away the gateway answers 503";
    return pods.length === 0
      ? {
          state: "warning",
          found: `no pod of namespace ${names.namespace} has the labels ${selector}: ${consequence}`,
          fix: `Install Ollama there (https://github.com/otwld/ollama-helm), or name the labels that its pods have in gateway.ollama.podLabels: \`kubectl get pods -n ${names.namespace} --show-labels\``,
        }
      : {
          state: "warning",
          found: `${pods.map(({ metadata }) => metadata.name).join(", ")} ${pods.length === 1 ? "is" : "are"} not ready: ${consequence}`,
          fix: `See why: \`kubectl describe pods -n ${names.namespace} -l ${selector}\``,
        };
  },
};
