import { names } from "../vocabulary/names.ts";
import { managerAnnotation } from "./metadata.ts";

/** The namespace, in which Ollama and others live too: that it is there, and nothing about it, which may be somebody's. */
export function namespace() {
  return {
    apiVersion: "v1" as const,
    kind: "Namespace" as const,
    metadata: { name: names.namespace, annotations: managerAnnotation },
  };
}
