/** What a policy is, and what it says of manifests that break it. */
import type { Manifest } from "../../manifests/index.ts";
import type { Breach } from "./place.ts";

/** One fence that the manifests must have, or more of one kind. */
export interface Policy {
  /** In kebab case, as a report and a policy pack show it. */
  readonly name: string;
  /** What it demands and why, as Markdown in a sentence. */
  readonly demands: string;
  /** `object`: each object is judged by itself. `stack`: with all others of its stack, where one object is the fence of another. */
  readonly scope: "object" | "stack";
  /** Nothing where the manifests have the fence. @param manifests all of a stack; of scope `object` also some of them */
  judge(manifests: readonly Manifest[]): Violation[];
}

/** A place of the manifests that breaks a policy. */
export interface Violation extends Breach {
  /** Name of the policy. */
  readonly policy: string;
}

/** A policy whose violations carry its name. */
export function definePolicy(
  { name, demands, scope }: Pick<Policy, "name" | "demands" | "scope">,
  breaches: (manifests: readonly Manifest[]) => Breach[],
): Policy {
  return {
    name,
    demands,
    scope,
    judge: (manifests) => breaches(manifests).map((breach) => ({ policy: name, ...breach })),
  };
}

/** `Deployment/vllm-server spec.replicas is 2: Set it to 1`, in one line. */
export function violationText({ object, field, found, fix }: Violation): string {
  return `${field === "" ? object : `${object} ${field}`} is ${found}: ${fix}`;
}
