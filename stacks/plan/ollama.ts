import { imageReference } from "../resolve/image.ts";
import type { Settings } from "../settings/index.ts";
import { type CachePlan, planCache } from "./cache.ts";

/** An Ollama that the platform brings. The same in every mode. */
export interface OllamaPlan {
  image: string;
  storage: CachePlan;
  /** Where it may run. */
  placement: Placement;
  resources: Settings["ollama"]["resources"];
}

/** On nodes with labels, whatever the GPU node's taint says; or on none of the GPU nodes. */
export type Placement =
  | { on: Record<string, string>; taint: Settings["gpuNode"]["taint"] }
  | { notOn: Record<string, string> };

/** The model by which Ollama answers to the alias of the server, and how it is kept made. */
export interface DefaultModelPlan {
  /** Image whose `ollama` is the client. */
  image: string;
  ollamaUrl: string;
  /** Model that it is made from. */
  from: string;
  contextTokens: number;
  /** Whether it is loaded, too: only in an Ollama of the platform's own, as others may have loaded another model. */
  isLoaded: boolean;
}

/** The platform's own Ollama, or nothing where there is none. */
export function planOllama({ ollama, gpuNode }: Settings): OllamaPlan | undefined {
  const { enabled, image, nodeSelector, hostPath, claim, resources } = ollama;
  if (!enabled) {
    return undefined;
  }
  return {
    image: imageReference(image),
    storage: planCache({
      hostPath,
      claim: hostPath === undefined ? { size: "50Gi", accessMode: "ReadWriteOnce", ...claim } : undefined,
    }),
    placement:
      nodeSelector === undefined ? { notOn: gpuNode.selector } : { on: nodeSelector, taint: gpuNode.taint },
    resources,
  };
}

/** What keeps the alias made, or nothing where nobody asked for it. */
export function planDefaultModel({ ollama, gateway, fallback }: Settings): DefaultModelPlan | undefined {
  const { createModel, contextTokens } = gateway.ollama;
  return ollama.enabled || (gateway.enabled && createModel)
    ? {
        image: imageReference(ollama.image),
        ollamaUrl: fallback.ollamaUrl,
        from: fallback.ollamaModel,
        contextTokens,
        isLoaded: ollama.enabled,
      }
    : undefined;
}
