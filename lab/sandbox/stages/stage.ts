/** A kwok Stage: what the simulated kubelet does next with an object that is in a certain state, and when. */
export interface Stage {
  readonly apiVersion: "kwok.x-k8s.io/v1alpha1";
  readonly kind: "Stage";
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: object;
}

export interface StageOptions {
  readonly name: string;
  /** jq expressions over the object, all of which must be true. No two stages may match one object. */
  readonly when: readonly string[];
  /** Seconds between the object's reaching that state and the steps. Default 0. */
  readonly afterSeconds?: number;
  readonly steps: readonly object[];
}

/** By this label the sandbox finds its own stages, to remove those that a scenario does not have. */
export const stageLabel = { key: "sandbox.vllm-platform/stage", value: "true" } as const;

export function stage(apiGroup: string, kind: string, options: StageOptions): Stage {
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "Stage",
    metadata: { name: options.name, labels: { [stageLabel.key]: stageLabel.value } },
    spec: {
      resourceRef: { apiGroup, kind },
      selector: {
        matchExpressions: options.when.map((key) => ({ jq: { key, operator: "In", values: ["true"] } })),
      },
      delay: { durationMilliseconds: Math.round((options.afterSeconds ?? 0) * 1000) },
      steps: options.steps,
    },
  };
}

/** A step that changes the object's status; `template` is a Go template of YAML. */
export function setStatus(template: string): object {
  return { patch: { subresource: "status", root: "status", type: "strategic", template } };
}

/** The same for custom resources, which know no strategic merge. */
export function mergeStatus(template: string): object {
  return { patch: { subresource: "status", root: "status", type: "merge", template } };
}

/** A step of JSON patches over the whole object, of which those below its status count: one that tests comes first. */
export function changeStatus(template: string): object {
  return { patch: { subresource: "status", type: "json", template } };
}
