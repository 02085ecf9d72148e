/**
 * Host and card stand in the repository as one home lab has them. On another cluster an update that nobody told otherwise
 * would ask for a certificate of somebody else's name, and reckon with a card that is not there.
 */
import { isSameCardName } from "../../stacks/catalogue/cards.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import { settingsSchema } from "../../stacks/settings/index.ts";
import type { ShippedKey } from "../../stacks/settings/shipped.ts";
import { projectFile } from "../../stacks/vocabulary/file-names.ts";
import { type Fault, RefusedError } from "../../system/refused.ts";
import type { ClusterApi } from "../api/index.ts";
import { liveCardOf } from "../gpu-node/labels.ts";
import { list } from "../gpu-node/snapshot.ts";

/** What is read of a node here. */
export interface LabelledNode {
  metadata: { name: string; labels?: Record<string, string> };
}

const shipped = settingsSchema.parse({});

/** Whether a serving plan reckons with the shipped card, and nobody has confirmed that it is the right one. */
function hasShippedCard({ serves, settings: { gpuNode, confirmed } }: Plan): boolean {
  const { name, memoryMiB } = gpuNode.card;
  return (
    serves &&
    !confirmed.includes("gpuNode.card") &&
    isSameCardName(name, shipped.gpuNode.card.name) &&
    memoryMiB === shipped.gpuNode.card.memoryMiB
  );
}

/**
 * What of the plan is still the repository's and not this cluster's.
 * @param nodes the nodes that the server may run on; undefined where they are not known, and the card is not judged.
 */
export function shippedFaults(plan: Plan, nodes: readonly LabelledNode[] | undefined): Fault[] {
  const { route, confirmed } = plan.settings;
  const host: Fault[] =
    plan.route !== undefined && route.host === shipped.route.host && !confirmed.includes("route.host")
      ? [
          fault(
            "route.host",
            route.host,
            "is the host that this repository ships, and a certificate for it is not yours to ask for",
          ),
        ]
      : [];
  return nodes === undefined || !hasShippedCard(plan) ? host : [...host, ...cardFaults(plan, nodes)];
}

function cardFaults({ settings }: Plan, nodes: readonly LabelledNode[]): Fault[] {
  const { card } = settings.gpuNode;
  const key = "gpuNode.card";
  if (nodes.length === 0) {
    return [fault(key, card.name, "is the card that this repository ships, and no node has the GPU's label")];
  }
  return nodes.flatMap(({ metadata: { name, labels = {} } }) => {
    const live = liveCardOf(labels).card.value;
    if (live === undefined) {
      const words = `is the card that this repository ships, and node ${name} does not tell by labels which one it has`;
      return [fault(key, card.name, words)];
    }
    return isSameCardName(live.name, card.name) && live.memoryMiB === card.memoryMiB
      ? []
      : [
          fault(
            key,
            card.name,
            `is the card that this repository ships, and node ${name} has ${live.name} with ${live.memoryMiB} MiB`,
          ),
        ];
  });
}

function fault(key: ShippedKey, found: string, problem: string): Fault {
  return {
    where: projectFile,
    key,
    found,
    problem,
    fix: `Set it, which \`gpu-mode init\` does from what the cluster tells; if it really is yours, add ${key} to \`vllm-platform:confirmed\``,
  };
}

/**
 * Refuses to work on a cluster that is not the sandbox while what the repository ships was never set.
 * @throws RefusedError naming each such key.
 */
export async function refuseShipped(api: ClusterApi, plan: Plan): Promise<void> {
  const nodes = hasShippedCard(plan)
    ? await list<LabelledNode>(api, "/api/v1/nodes", plan.settings.gpuNode.selector)
    : undefined;
  refuse(shippedFaults(plan, nodes));
}

/** The same where the cluster does not answer: what can be told without it. @throws RefusedError */
export function refuseShippedUnseen(plan: Plan): void {
  refuse(shippedFaults(plan, undefined));
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length > 0) {
    throw new RefusedError(
      `${projectFile} does not say yet what your cluster is; nothing was changed.`,
      faults,
    );
  }
}
