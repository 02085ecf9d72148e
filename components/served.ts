import { Command } from "@pulumi/command/local/command.js";
import { type CustomResourceOptions, type Input, jsonStringify } from "@pulumi/pulumi";
import type { Promised } from "../cluster/served.ts";
import type { Plan } from "../stacks/plan.ts";
import { imagePullBudgetSeconds } from "./server.ts";

/** What users of the mode are promised, with the time that each phase of getting there may take. */
export function promisedBy(plan: Plan): Promised {
  return {
    serves: plan.serves,
    servedNames: plan.server.servedNames,
    budgetSeconds: {
      release: 60,
      apply: 30,
      schedule: 60,
      pull: imagePullBudgetSeconds,
      load: plan.server.probes.startupBudgetSeconds,
    },
  };
}

/**
 * Waits, after everything else, for what a user waits for. It is asked again whenever the Deployment changed; a
 * failed wait is not stored, so the next `up` asks again too.
 */
export function served(
  name: string,
  args: { plan: Plan; generation: Input<number>; switchNumber?: number },
  options: CustomResourceOptions,
): Command {
  const { plan, generation, switchNumber } = args;
  return new Command(
    name,
    {
      create: "node cluster/await-served.ts",
      environment: {
        VLLM_PLATFORM_AWAIT: jsonStringify({
          cluster: plan.settings.cluster,
          promised: promisedBy(plan),
          generation,
          ...(switchNumber === undefined ? {} : { switchNumber }),
        }),
      },
      addPreviousOutputInEnv: false,
    },
    options,
  );
}
