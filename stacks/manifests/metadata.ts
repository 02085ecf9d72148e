import type { Plan } from "../plan/index.ts";
import { fieldManager, names, ownerLabels, selectorLabels } from "../vocabulary/names.ts";
import { versionText } from "../vocabulary/version.ts";

/** What kind of part an object is, for the label `app.kubernetes.io/component`. */
export type Part = "llm-inference" | "model-cache" | "route" | "gateway" | "ollama" | "fallback" | "claim";

/** Labels that every object of the platform carries. */
function commonLabels(part: Part): Record<string, string> {
  return {
    "app.kubernetes.io/name": "vllm",
    "app.kubernetes.io/instance": names.deployment,
    "app.kubernetes.io/component": part,
    ...ownerLabels,
  };
}

/** Labels of the server's Deployment and pods: those of every object, that by which they are selected, and the engine's version. */
export function serverLabels({ server: { version } }: Plan): Record<string, string> {
  return {
    ...commonLabels("llm-inference"),
    ...selectorLabels,
    "app.kubernetes.io/version": versionText(version),
  };
}

/** Under which manager the engine applies an object, the same in all stacks. */
export const managerAnnotation = { "pulumi.com/patchFieldManager": fieldManager } as const;

/** Annotations that let the next mode's stack take an object over, whoever wrote its fields last. */
const takeoverAnnotations = {
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
