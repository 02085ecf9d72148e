/** What is looked at of the GPU node before anything goes wrong. Nothing is changed. */
import { ApiError, type ClusterApi } from "../cluster/api/index.ts";
import { readHolder } from "../cluster/claim/read.ts";
import type { Finding } from "../cluster/findings/finding.ts";
import { checkNode } from "../cluster/gpu-node/check.ts";
import { nodeSubject } from "../cluster/gpu-node/judge/subject.ts";
import type { Plan } from "../stacks/plan/index.ts";
import { readSshKey } from "./ssh-key.ts";

/** What the GPU node has of what a mode takes. @param folder of the project, whose stack may hold the key for SSH */
export async function examineNode(folder: string, plan: Plan, api: ClusterApi): Promise<Finding[]> {
  const [sshKey, switching] = await Promise.all([readSshKey(folder, plan), wouldSwitch(plan, api)]);
  return checkNode(nodeSubject(plan), { api, switching, ...(sshKey === undefined ? {} : { sshKey }) });
}

/** Whether an update to the mode would take the GPU from another one, or from nobody. */
async function wouldSwitch({ mode, serves }: Plan, api: ClusterApi): Promise<boolean> {
  try {
    const { stack } = await readHolder(api);
    return serves && stack !== mode;
  } catch (error) {
    if (error instanceof ApiError) {
      return serves;
    }
    throw error;
  }
}
