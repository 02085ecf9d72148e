import { fieldManager, names, ownerLabels } from "../vocabulary/names.ts";

/** What kind of part an object is, for the label `app.kubernetes.io/component`. */
export type Part = "llm-inference" | "model-cache" | "route" | "fallback" | "claim";

/** Labels that every object of the platform carries. */
export function commonLabels(part: Part): Record<string, string> {
  return {
    "app.kubernetes.io/name": "vllm",
    "app.kubernetes.io/instance": names.deployment,
    "app.kubernetes.io/component": part,
    ...ownerLabels,
  };
}

/** Under which manager the engine applies an object, the same in all stacks. */
export const managerAnnotation = { "pulumi.com/patchFieldManager": fieldManager } as const;

/** Annotations that let the next mode's stack take an object over, whoever wrote its fields last. */
export const takeoverAnnotations = {
  ...managerAnnotation,
  "pulumi.com/patchForce": "true",
} as const;

/** Metadata of an object in the platform's namespace. */
export function objectMetadata(
  name: string,
  part: Part,
  extra: { labels?: Record<string, string>; annotations?: Record<string, string> } = {},
) {
  return {
    name,
    namespace: names.namespace,
    labels: { ...commonLabels(part), ...extra.labels },
    annotations: { ...takeoverAnnotations, ...extra.annotations },
  };
}
