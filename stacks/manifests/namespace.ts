import { names } from "../vocabulary/names.ts";
import { commonLabels, takeoverAnnotations } from "./metadata.ts";

/** The namespace, in which Ollama and others live too. */
export function namespace() {
  return {
    apiVersion: "v1" as const,
    kind: "Namespace" as const,
    metadata: {
      name: names.namespace,
      labels: commonLabels("namespace"),
      annotations: takeoverAnnotations,
    },
  };
}
