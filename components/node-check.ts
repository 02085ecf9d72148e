import { Command } from "@pulumi/command/local/command.js";
import { type CustomResourceOptions, type Input, secret } from "@pulumi/pulumi";
import { nodeSubject } from "../cluster/check/subject.ts";
import type { NodeQuestion } from "../cluster/check-node.ts";
import type { Claim } from "../cluster/claim.ts";
import type { Plan } from "../stacks/plan.ts";

/**
 * Asks the GPU node before anything else whether it can serve the mode: at each switch, and when what the server wants of the
 * node has changed. A refusal is not stored, so the same `up` asks again.
 */
export function nodeCheck(
  name: string,
  { plan, claim, sshKey }: { plan: Plan; claim: Claim; sshKey: Input<string> | undefined },
  options: CustomResourceOptions,
): Command {
  const byKey = plan.settings.gpuNode.ssh !== undefined && sshKey !== undefined;
  const question: NodeQuestion = {
    cluster: plan.settings.cluster,
    subject: nodeSubject(plan),
    stack: claim.stack,
    switchNumber: claim.switchNumber,
    keyOnStandardInput: byKey,
  };
  return new Command(
    name,
    {
      create: "node cluster/check-node.ts",
      environment: { VLLM_PLATFORM_NODE_CHECK: JSON.stringify(question) },
      // Neither an argument nor a variable, which stay readable for as long as the program runs.
      ...(byKey ? { stdin: secret(sshKey) } : {}),
      addPreviousOutputInEnv: false,
    },
    options,
  );
}
