// What a stack tells after an update: `pulumi stack output`.
import type { Survey } from "../cluster/survey.ts";
import { describePlan, type Plan } from "../stacks/index.ts";
import type { VllmPlatform } from "./index.ts";

/** The stack's outputs by name. */
export function stackOutputs(plan: Plan, survey: Survey, platform: VllmPlatform) {
  return {
    mode: plan.mode,
    model: plan.serves ? plan.server.model : undefined,
    servedNames: plan.serves ? plan.server.servedNames : [],
    endpoint: platform.endpoint,
    inClusterUrl: platform.inClusterUrl,
    apiKey: platform.apiKey,
    status: platform.status,
    plan: describePlan(plan),
    planHash: plan.hash,
    claim: survey.claim,
  };
}
