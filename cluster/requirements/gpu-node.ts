/** The GPU node: how it is chosen, and what card and driver it has. What it lacks, the check of the node says. */
import { findCard } from "../../stacks/catalogue/cards.ts";
import { knownUsableGiB } from "../../stacks/catalogue/usable-memory.ts";
import { RefusedError } from "../../system/errors.ts";
import { liveCardOf } from "../gpu-node/labels.ts";
import {
  type Asked,
  type ByHand,
  byHand,
  listed,
  type Proposal,
  type Proposer,
  together,
  type Wanted,
  wanted,
} from "./items/proposal.ts";

interface Taint {
  key: string;
  value?: string;
  effect: string;
}

interface FoundNode {
  name: string;
  labels: Readonly<Record<string, string>>;
  taints: readonly Taint[];
  /** GPUs that it offers. */
  gpus: number;
}

const path = "/api/v1/nodes";
const gpuLabel = "nvidia.com/gpu";
const presentLabel = `${gpuLabel}.present`;

export const gpuNode: Proposer = {
  lists: [path],
  propose(read, asked) {
    const nodes = listed<NodeObject>(read, path)?.map(nodeOf);
    const candidates = (nodes ?? []).filter((node) => hasGpu(node, asked));
    const named = candidates.filter(
      ({ name }) => asked.given.node === undefined || name === asked.given.node,
    );
    const [node, ...others] = named;
    if (node === undefined && asked.given.node !== undefined && nodes !== undefined) {
      throw noSuchNode(asked.given.node, candidates);
    }
    if (node === undefined || others.length > 0) {
      return together([
        byHand(noSingleNode(nodes, candidates)),
        ...["card", "driver", "toolkit"].map((part) => leftOut([part], asked)),
      ]);
    }
    return together([
      wanted({ path: ["gpuNode", "name"], value: node.name, why: "the node with the GPU" }),
      chosenBy(node, asked),
      ofCard(node, asked),
      ofDriver(node, asked),
      leftOut(["toolkit"], asked),
      byHand(...onlyTheNodeKnows),
    ]);
  },
};

type NodeObject = {
  spec?: { taints?: Taint[] };
  status?: { allocatable?: Record<string, string> };
};

function nodeOf({
  metadata,
  spec,
  status,
}: NodeObject & { metadata: { name: string; labels?: Record<string, string> } }): FoundNode {
  return {
    name: metadata.name,
    labels: metadata.labels ?? {},
    // Those of Kubernetes itself say how the node is just now, or that it is a server of the cluster.
    taints: (spec?.taints ?? []).filter(({ key }) => !/(^|\.)kubernetes\.io\//.test(key)),
    gpus: Number(status?.allocatable?.[gpuLabel] ?? 0),
  };
}

function hasGpu({ labels, gpus }: FoundNode, { settings }: Asked): boolean {
  return gpus > 0 || labels[presentLabel] === "true" || matches(labels, settings.gpuNode.selector);
}

function matches(labels: FoundNode["labels"], selector: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

function noSingleNode(nodes: readonly FoundNode[] | undefined, candidates: readonly FoundNode[]): ByHand {
  const look = "`kubectl get nodes -L nvidia.com/gpu.product`";
  if (nodes === undefined) {
    return { key: "gpuNode", why: "these credentials may not read nodes", look };
  }
  if (candidates.length === 0) {
    return {
      key: "gpuNode",
      why: "no node offers a GPU or carries the label of one; docs/gpu-node.md prepares it, and then this command finds it",
      look,
    };
  }
  const names = candidates.map(({ name }) => name).join(", ");
  return { key: "gpuNode", why: `several nodes have a GPU: ${names}`, look: "name one with --node" };
}

/** Whoever names a node wants that one and no other. */
function noSuchNode(node: string, candidates: readonly FoundNode[]): RefusedError {
  const names = candidates.map(({ name }) => name);
  return new RefusedError("Nothing was written.", [
    {
      where: "--node",
      found: node,
      problem: names.length === 0 ? "no node has a GPU" : "no node with a GPU has this name",
      fix:
        names.length === 0
          ? "Prepare it as docs/gpu-node.md tells, and run this again"
          : `Name one of ${names.join(", ")}`,
    },
  ]);
}

/** What is not known of this cluster's node is not to be taken from the reference setup's. */
function leftOut(part: readonly string[], { isNew }: Asked): Proposal {
  return isNew
    ? wanted({ path: ["gpuNode", ...part], value: undefined, why: "the file's is the reference setup's" })
    : together([]);
}

/** A person has to say it, and nothing stands there meanwhile. */
function notTold(part: readonly string[], asked: Asked, hand: Omit<ByHand, "key">): Proposal {
  return together([leftOut(part, asked), byHand({ key: ["gpuNode", ...part].join("."), ...hand })]);
}

/** Label and taint: those of the settings, where the node has them. */
function chosenBy({ name, labels, taints }: FoundNode, { settings }: Asked): Proposal {
  const { selector, taint } = settings.gpuNode;
  const parts: Proposal[] = [];
  if (!matches(labels, selector)) {
    const label = [gpuLabel, presentLabel].find((key) => labels[key] === "true");
    const value =
      label === undefined
        ? { "kubernetes.io/hostname": labels["kubernetes.io/hostname"] ?? name }
        : { [label]: "true" };
    parts.push(wanted({ path: ["gpuNode", "selector"], value, why: `a label that node ${name} carries` }));
  }
  const has = (one: Taint): boolean =>
    one.key === taint.key && (one.value ?? "") === taint.value && one.effect === taint.effect;
  const [only, ...more] = taints;
  if (only !== undefined && more.length === 0 && !has(only)) {
    const { key, value = "", effect } = only;
    parts.push(
      wanted(
        ...Object.entries({ key, value, effect }).map(
          ([part, one]): Wanted => ({
            path: ["gpuNode", "taint", part],
            value: one,
            why: `the taint of node ${name}`,
          }),
        ),
      ),
    );
  } else if (more.length > 0) {
    parts.push(
      byHand({
        key: "gpuNode.taint",
        why: `node ${name} has several taints (${taints.map(({ key }) => key).join(", ")}), and the server tolerates one`,
        look: `\`kubectl taint node ${name} <key>-\` takes one away`,
      }),
    );
  }
  return together(parts);
}

function ofCard({ name: node, labels }: FoundNode, asked: Asked): Proposal {
  const { card, driver } = liveCardOf(labels);
  if (card.value === undefined) {
    return notTold(["card"], asked, {
      why: `${card.why} (node ${node})`,
      look: "on the node: `nvidia-smi --query-gpu=name,memory.total,compute_cap --format=csv`",
    });
  }
  const { memoryMiB, computeCapability } = card.value;
  // A label holds no blanks, so a name with hyphens of its own is told only by the list of known cards.
  const name = findCard(card.value.name)?.name ?? card.value.name;
  const usable = knownUsableGiB({ name, memoryMiB }, Number(driver.value?.version.split(".")[0] ?? 0));
  const why = `labels of node ${node}`;
  return together([
    wanted(
      { path: ["gpuNode", "card", "name"], value: name, why },
      { path: ["gpuNode", "card", "memoryMiB"], value: memoryMiB, why },
      {
        path: ["gpuNode", "card", "usableGiB"],
        value: usable?.gib,
        why:
          usable === undefined
            ? "not known of this card and driver: memoryMiB less what drivers reserve on cards of that size is taken"
            : usable.source,
      },
    ),
    computeCapability === undefined
      ? notTold(["card", "computeCapability"], asked, {
          why: `node ${node} has no label that tells it`,
          look: "https://developer.nvidia.com/cuda-gpus",
        })
      : wanted({ path: ["gpuNode", "card", "computeCapability"], value: computeCapability, why }),
  ]);
}

function ofDriver({ name: node, labels }: FoundNode, asked: Asked): Proposal {
  const { driver } = liveCardOf(labels);
  if (driver.value === undefined) {
    return notTold(["driver"], asked, {
      why: `${driver.why} (node ${node})`,
      look: "on the node: the head of `nvidia-smi`",
    });
  }
  const why = `labels of node ${node}`;
  return wanted(
    { path: ["gpuNode", "driver", "version"], value: driver.value.version, why },
    // Without a label of its own, the CUDA of the driver's branch is taken.
    { path: ["gpuNode", "driver", "cuda"], value: driver.value.cuda, why },
  );
}

/** What no label tells. */
const onlyTheNodeKnows: readonly ByHand[] = [
  {
    key: "gpuNode.card.desktopMiB",
    why: "how much a desktop holds of the card is in no label",
    look: "on the node, with the server away: `nvidia-smi --query-gpu=memory.used --format=csv`",
  },
  {
    key: "gpuNode.toolkit",
    why: "the version of NVIDIA's container toolkit is in no label",
    look: "on the node: `nvidia-ctk --version`",
  },
];
