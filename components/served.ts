import { Command } from "@pulumi/command/local/command.js";
import { type CustomResourceOptions, type Input, jsonStringify } from "@pulumi/pulumi";
import { promisedBy } from "../cluster/readiness/goal.ts";
import type { Plan } from "../stacks/plan/index.ts";

/**
 * Waits, after everything else, for what a user waits for. It is asked again whenever the Deployment changed
 * or is another one; a failed wait is not stored, so the next `up` asks again too.
 */
export function served(
  name: string,
  args: { plan: Plan; uid: Input<string>; generation: Input<number>; switchNumber: number },
  options: CustomResourceOptions,
): Command {
  const { plan, uid, generation, switchNumber } = args;
  return new Command(
    name,
    {
      create: "node cluster/programs/await-served.ts",
      environment: {
        VLLM_PLATFORM_AWAIT: jsonStringify({
          cluster: plan.settings.cluster,
          promised: promisedBy(plan),
          uid,
          generation,
          switchNumber,
        }),
      },
      addPreviousOutputInEnv: false,
    },
    options,
  );
}
