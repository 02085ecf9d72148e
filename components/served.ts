import { Command } from "@pulumi/command/local/command.js";
import { type CustomResourceOptions, jsonStringify } from "@pulumi/pulumi";
import { promisedBy } from "../cluster/promised.ts";
import type { Plan } from "../stacks/plan.ts";
import type { Server } from "./server.ts";

/**
 * Waits, after everything else, for what a user waits for. It is asked again whenever the Deployment changed; a
 * failed wait is not stored, so the next `up` asks again too.
 */
export function served(
  name: string,
  args: { plan: Plan; server: Server; switchNumber?: number },
  options: CustomResourceOptions,
): Command {
  const { plan, server, switchNumber } = args;
  return new Command(
    name,
    {
      create: "node cluster/await-served.ts",
      environment: {
        VLLM_PLATFORM_AWAIT: jsonStringify({
          cluster: plan.settings.cluster,
          promised: promisedBy(plan),
          generation: server.deployment.metadata.generation,
          ...(switchNumber === undefined ? {} : { switchNumber }),
        }),
      },
      addPreviousOutputInEnv: false,
    },
    options,
  );
}
