import { Command } from "@pulumi/command/local/command.js";
import { type CustomResourceOptions, type Input, secret } from "@pulumi/pulumi";
import type { Claim } from "../cluster/claim/index.ts";
import { nodeSubject } from "../cluster/gpu-node/judge/subject.ts";
import type { NodeQuestion } from "../cluster/programs/check-node.ts";
import type { Plan } from "../stacks/plan/index.ts";

/**
 * Asks the GPU node before anything else whether it can serve the mode: at each switch, and when the server's needs
 * change. A refusal is not stored, so the same `up` asks again.
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
      create: "node cluster/programs/check-node.ts",
      environment: { VLLM_PLATFORM_NODE_CHECK: JSON.stringify(question) },
      // Neither an argument nor a variable, which stay readable for as long as the program runs.
      ...(byKey ? { stdin: secret(sshKey) } : {}),
      addPreviousOutputInEnv: false,
    },
    options,
  );
}
