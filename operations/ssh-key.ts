/** The SSH user's private key, where the settings take it from the secret `sshKey`: from the stack that holds it. */
import type { NodeAccess } from "../cluster/gpu-node/card-use.ts";
import type { Known } from "../cluster/gpu-node/facts/facts.ts";
import { askPulumi } from "../engine/ask.ts";
import type { Plan } from "../stacks/plan/index.ts";
import { RefusedError } from "../system/errors.ts";

/**
 * Asks Pulumi for the secret; undefined where none is set or SSH is not configured.
 * @throws RefusedError where the stack's passphrase is wrong or missing.
 */
export async function readSshKey(folder: string, { mode, settings }: Plan): Promise<string | undefined> {
  return settings.sshKey === undefined || settings.gpuNode.ssh === undefined
    ? undefined
    : askPulumi(folder, ["config", "get", "vllm-platform:sshKey", "--stack", mode, "--non-interactive"]);
}

/** What it takes to ask the node by SSH, or why that cannot be; undefined where the settings have no SSH. */
export async function readNodeAccess(folder: string, plan: Plan): Promise<Known<NodeAccess> | undefined> {
  const { gpuNode } = plan.settings;
  if (gpuNode.ssh === undefined) {
    return undefined;
  }
  try {
    return { value: { gpuNode, sshKey: await readSshKey(folder, plan), environment: process.env } };
  } catch (error) {
    if (error instanceof RefusedError) {
      return {
        why: `the secret sshKey cannot be read: ${error.faults.map(({ problem }) => problem).join("; ")}`,
      };
    }
    throw error;
  }
}
