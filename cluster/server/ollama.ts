import { names } from "../../stacks/vocabulary/names.ts";
import type { ClusterApi, LiveObject } from "../api/index.ts";

/** How the fallback on the CPU stands: clients go there while the GPU is away. */
export type Ollama = "ready" | "not ready" | "not found";

type OllamaDeployment = LiveObject & { status?: { readyReplicas?: number } };

/** Service and Deployment `ollama` beside the platform, as the reference setup's fallback pattern has them. */
export const ollamaPaths = [
  `/api/v1/namespaces/${names.namespace}/services/ollama`,
  `/apis/apps/v1/namespaces/${names.namespace}/deployments/ollama`,
] as const;

/** Looks for Ollama beside the platform. */
export async function readOllama(api: ClusterApi): Promise<Ollama> {
  const [service, deployment] = ollamaPaths;
  return ollamaOf(...(await Promise.all([api.get(service), api.get<OllamaDeployment>(deployment)])));
}

/** How Ollama stands by its two objects. */
export function ollamaOf(service: unknown, deployment: OllamaDeployment | undefined): Ollama {
  if (service === undefined || deployment === undefined) {
    return "not found";
  }
  return (deployment.status?.readyReplicas ?? 0) > 0 ? "ready" : "not ready";
}
