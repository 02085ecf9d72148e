/** What users of a mode are promised, and how long each phase of getting there may take. Pure. */
import type { Plan } from "../../stacks/plan/index.ts";
import { imagePullBudgetSeconds, smokeTestBudgetSeconds } from "../../stacks/plan/probes.ts";
import type { Phase } from "./diagnosis.ts";

export interface ReadinessGoal {
  serves: boolean;
  servedNames: string[];
  /** Whether the server answers nobody without the API key. @default false */
  asksForKey?: true;
  /** Longest time that each phase may take, in seconds. */
  budgetSeconds: Record<Phase, number>;
}

/** In which time a server that is not replaced has to be gone, in seconds: the reference setup's limit for games. */
const freeWithinSeconds = 30;

/** What a plan promises. */
export function promisedBy(plan: Plan): ReadinessGoal {
  return {
    serves: plan.serves,
    servedNames: plan.server.servedNames,
    // Only where it is so: what a stack hands to its wait is an input, and a new one makes it wait again.
    ...(plan.apiKey && plan.serves ? { asksForKey: true as const } : {}),
    budgetSeconds: {
      release: plan.serves ? 60 : freeWithinSeconds,
      apply: 30,
      schedule: 60,
      pull: imagePullBudgetSeconds,
      test: smokeTestBudgetSeconds(plan.server.smokeTest),
      load: plan.server.probes.startupBudgetSeconds,
    },
  };
}

/** What a mode promises that frees the GPU, whatever its files say. */
export const promisedFree: ReadinessGoal = {
  serves: false,
  servedNames: [],
  budgetSeconds: { release: freeWithinSeconds, apply: 30, schedule: 0, pull: 0, test: 0, load: 0 },
};
