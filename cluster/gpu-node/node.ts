/** Whether the GPU node can give a mode its GPU: asked before a switch changes anything. */

import type { Settings } from "../../stacks/settings/index.ts";
import { names, selectorLabels } from "../../stacks/vocabulary/names.ts";
import { ApiError, type ClusterApi } from "../api/index.ts";
import { liveCardOf } from "./labels.ts";
import { list } from "./snapshot.ts";

const gpuResource = "nvidia.com/gpu";

/** How many pods one card is offered to, by NVIDIA's GPU feature discovery. */
const sharesLabel = "nvidia.com/gpu.replicas";

/** A pod that holds GPUs. */
export interface GpuHolder {
  /** `namespace/name`. */
  pod: string;
  gpus: number;
  /** By when it is to have ended, as ISO 8601; absent where nobody has asked for its end. */
  endsBy?: string;
}

export interface GpuNode {
  name: string;
  ready: boolean;
  /** Set where no new pod may start there. */
  cordoned?: true;
  /** Cards that the node offers to pods while it is on, those in use included. */
  allocatable: number;
  /** How often each card is offered, where it is shared (time-slicing or MPS): the shares have one memory. */
  shares?: number;
  /** Pods of others that hold GPUs there; "unknown" where these credentials may not look at all namespaces. */
  heldBy: GpuHolder[] | "unknown";
  /** The card, by the labels of GPU feature discovery; absent where there are none. Memory in MiB. */
  card?: { name: string; memoryMiB: number };
}

/** What of the API's objects is read here. */
export interface Node {
  metadata?: { name?: string; labels?: Record<string, string> };
  spec?: { unschedulable?: boolean; taints?: { key: string; value?: string; effect: string }[] };
  status?: { conditions?: { type: string; status: string }[]; allocatable?: Record<string, string> };
}
interface PodList {
  items: {
    metadata: {
      name: string;
      namespace: string;
      labels?: Record<string, string>;
      deletionTimestamp?: string;
    };
    spec: { containers: { resources?: { limits?: Record<string, string> } }[] };
    status?: { phase?: string };
  }[];
}

/** As much of a plan as says which nodes are meant. */
interface Wanted {
  settings: { gpuNode: Pick<Settings["gpuNode"], "selector"> };
}

/**
 * Reads the nodes that the plan's server may run on, each with the node's object as the API gives it.
 * @throws UnreachableError where the cluster does not answer.
 */
export async function readGpuNodeObjects(
  api: ClusterApi,
  { settings }: Wanted,
): Promise<{ node: Node; gpuNode: GpuNode }[]> {
  const items = await list<Node>(api, "/api/v1/nodes", settings.gpuNode.selector);
  return Promise.all(
    items.map(async (node) => ({
      node,
      gpuNode: { ...gpuNodeOf(node), heldBy: await holdersOn(api, node.metadata?.name ?? "") },
    })),
  );
}

/** A node as it is judged here, from the API's; nothing is said about who holds its GPUs. */
export function gpuNodeOf({ metadata, spec, status }: Node): GpuNode {
  const card = liveCardOf(metadata?.labels ?? {}).card.value;
  const shares = Number(metadata?.labels?.[sharesLabel] ?? 1) || 1;
  return {
    name: metadata?.name ?? "",
    ready: status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false,
    ...(spec?.unschedulable ? { cordoned: true } : {}),
    allocatable: Math.ceil(Number(status?.allocatable?.[gpuResource] ?? 0) / shares),
    ...(shares > 1 ? { shares } : {}),
    heldBy: [],
    ...(card?.memoryMiB === undefined ? {} : { card: { name: card.name, memoryMiB: card.memoryMiB } }),
  };
}

async function holdersOn(api: ClusterApi, node: string): Promise<GpuNode["heldBy"]> {
  const path = `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`;
  const pods = await api.get<PodList>(path).catch((error: unknown) => {
    if (error instanceof ApiError && error.code === 403) {
      return "unknown" as const;
    }
    throw error;
  });
  if (pods === "unknown") {
    return pods;
  }
  return (pods?.items ?? [])
    .filter(
      ({ metadata, status }) => !isServer(metadata) && !/^(Succeeded|Failed)$/.test(status?.phase ?? ""),
    )
    .map(({ metadata, spec }) => ({
      pod: `${metadata.namespace}/${metadata.name}`,
      gpus: spec.containers.reduce(
        (sum, { resources }) => sum + Number(resources?.limits?.[gpuResource] ?? 0),
        0,
      ),
      ...(metadata.deletionTimestamp === undefined ? {} : { endsBy: metadata.deletionTimestamp }),
    }))
    .filter(({ gpus }) => gpus > 0);
}

function isServer({ namespace, labels = {} }: PodList["items"][number]["metadata"]): boolean {
  return (
    namespace === names.namespace &&
    Object.entries(selectorLabels).every(([key, value]) => labels[key] === value)
  );
}

/** What a person has to know where it is unknown who holds the GPUs. */
export const holdersUnknown = {
  found: "these credentials may not read which pods hold them",
  fix: "Allow `list` on pods in all namespaces",
} as const;

/** Whether it is unknown on one of the nodes who holds its GPUs. */
export function areHoldersUnknown(nodes: readonly GpuNode[]): boolean {
  return nodes.some(({ ready, heldBy }) => ready && heldBy === "unknown");
}

/** A shared card is one card: a server takes its share of all of its memory. */
export function sharedText(nodes: readonly GpuNode[]): string {
  const most = Math.max(...nodes.map(({ shares = 1 }) => shares));
  return most > 1 ? `; a card shared ${most} times is one card, as its memory is there once` : "";
}

/**
 * Why the nodes cannot give so many GPUs now, as half a sentence; undefined where they can, as far as it is known who holds
 * them.
 */
export function whyNoGpu(nodes: readonly GpuNode[], wanted: number): string | undefined {
  const found = nodes.map(({ name }) => name).join(", ");
  if (nodes.length === 0) {
    return "the cluster has no node with the GPU's label";
  }
  const ready = nodes.filter((node) => node.ready);
  if (ready.length === 0) {
    return `GPU node ${found} is off`;
  }
  const offered = ready.reduce((sum, { allocatable }) => sum + allocatable, 0);
  if (offered < wanted) {
    return offered === 0
      ? `GPU node ${found} is on, but has no GPU to give`
      : `GPU node ${found} has ${offered} to give of the ${wanted} GPUs that are needed${sharedText(ready)}`;
  }
  const heldBy = ready.flatMap((node) => (node.heldBy === "unknown" ? [] : node.heldBy));
  const held = heldBy.reduce((sum, { gpus }) => sum + gpus, 0);
  return offered - held < wanted
    ? `pod ${heldBy.map(holderText).join(", ")} holds the GPU of node ${found}`
    : undefined;
}

/** `media/transcoder`, and whether it is on its way out. */
export function holderText({ pod, endsBy }: GpuHolder): string {
  return endsBy === undefined ? pod : `${pod} (ending, due by ${endsBy})`;
}
