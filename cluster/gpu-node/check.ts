/** The check of the GPU node: before an update, and in `gpu-mode doctor`. */
import { ApiError, type ClusterApi } from "../api/index.ts";
import type { Finding } from "../findings/finding.ts";
import { checkBySsh } from "./check-by-ssh.ts";
import { readBlindPlugin } from "./device-plugin.ts";
import { judgeLiveCard } from "./judge/live-card.ts";
import type { NodeSubject } from "./judge/subject.ts";
import { liveCardOf } from "./labels.ts";
import { judgeMembership, type Member } from "./membership.ts";
import { readGpuNodeObjects } from "./node.ts";

export interface NodeCheckOptions {
  api: ClusterApi;
  /** Private key of the secret setting `sshKey`, where it is set. @default none */
  sshKey?: string;
  /**
   * Whether the GPU is to change hands, so that a node which is off is a fault and no warning.
   * @default false
   */
  switching?: boolean;
  /** For PATH and SSH_AUTH_SOCK. @default process.env */
  environment?: NodeJS.ProcessEnv;
}

/**
 * Looks at the GPU node: by SSH where the settings have it, else by what the cluster knows. What the node and the way to it do
 * ends as a finding.
 * @throws UnreachableError where the cluster does not answer.
 */
export async function checkNode(
  subject: NodeSubject,
  { api, sshKey, switching = false, environment = process.env }: NodeCheckOptions,
): Promise<Finding[]> {
  const { members, findings } = await checkMembership(subject, { api, switching });
  const bySsh = subject.settings.gpuNode.ssh !== undefined;
  if (members === undefined) {
    return [...findings, ...(bySsh ? await checkBySsh(subject, { sshKey, environment }) : [])];
  }
  const node = nodeOf(members, subject);
  if (node === undefined) {
    return findings; // one that is off is not asked either
  }
  return [
    ...findings,
    ...(bySsh
      ? await checkBySsh(subject, { sshKey, environment })
      : judgeLiveCard(subject, liveCardOf(node.metadata?.labels ?? {}))),
  ];
}

/**
 * The part of it that takes no more than a moment: the node as a member of the cluster.
 * @returns the nodes that are meant, too; undefined where they may not be read.
 * @throws UnreachableError where the cluster does not answer.
 */
export async function checkMembership(
  subject: NodeSubject,
  { api, switching }: { api: ClusterApi; switching: boolean },
): Promise<{ members?: Member[]; findings: Finding[] }> {
  try {
    const members = await readGpuNodeObjects(api, subject);
    const plugin = await readBlindPlugin(
      api,
      members.map(({ gpuNode }) => gpuNode),
    );
    return { members, findings: judgeMembership(members, subject, switching, plugin) };
  } catch (error) {
    if (error instanceof ApiError && error.code === 403) {
      const found = "these credentials may not read the cluster's nodes";
      return { findings: [{ item: "GPU node", state: "unknown", found }] };
    }
    throw error;
  }
}

/** The node that the settings name, or the first that is on. */
function nodeOf(members: readonly Member[], { settings }: NodeSubject): Member["node"] | undefined {
  const on = members.filter(({ gpuNode }) => gpuNode.ready);
  return (on.find(({ gpuNode }) => gpuNode.name === settings.gpuNode.name) ?? on[0])?.node;
}
