/** The policies as Pulumi asks them: of each resource before it is changed, and of all of a stack at the end of a preview or update. */
import type { Policies, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import type { Manifest } from "../stacks/manifests/index.ts";
import { type Policy, policies, violationText } from "../stacks/policy/index.ts";
import { titleOf } from "../stacks/vocabulary/objects.ts";

/** A resource as the engine tells of it: its inputs while it is previewed, what the cluster has of it afterwards. */
interface Resource {
  readonly type: string;
  readonly urn: string;
  readonly props: Record<string, unknown>;
}

export const packPolicies: Policies = policies.map((policy) =>
  policy.scope === "object" ? ofResources(policy) : ofStacks(policy),
);

function ofResources(policy: Policy): ResourceValidationPolicy {
  const { name, demands } = policy;
  return {
    name,
    description: demands,
    validateResource: (resource, report) => {
      for (const violation of policy.judge(manifestsIn([resource]).map(({ manifest }) => manifest))) {
        report(violationText(violation));
      }
    },
  };
}

function ofStacks(policy: Policy): StackValidationPolicy {
  const { name, demands } = policy;
  return {
    name,
    description: demands,
    validateStack: ({ resources }, report) => {
      const declared = manifestsIn(resources);
      for (const violation of policy.judge(declared.map(({ manifest }) => manifest))) {
        const { urn } = declared.find(({ title }) => title === violation.object) ?? {};
        report(violationText(violation), urn);
      }
    },
  };
}

/** The Kubernetes objects among the resources. */
function manifestsIn(resources: readonly Resource[]): { urn: string; title: string; manifest: Manifest }[] {
  return resources
    .filter(({ type, props }) => type.startsWith("kubernetes:") && typeof props.kind === "string")
    .map(({ urn, props }) => {
      const manifest = props as Manifest;
      return { urn, title: titleOf(manifest), manifest };
    });
}
