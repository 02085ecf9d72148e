/** The GPU node: how it is chosen, and what card and driver it has. Pure. */
import { findCard, knownUsableGiB } from "../../stacks/catalogue/cards.ts";
import { liveCardOf } from "../gpu-node/labels.ts";
import type { ClusterFacts, FoundNode } from "./cluster-facts.ts";
import type { Asked, ByHand, Proposal, Wanted } from "./proposal.ts";

const gpuLabel = "nvidia.com/gpu";
const presentLabel = `${gpuLabel}.present`;

export function nodeProposal(facts: ClusterFacts, asked: Asked): Proposal {
  const runtime = runtimeProposal(facts, asked);
  const candidates = (facts.nodes ?? []).filter((node) => hasGpu(node, asked));
  const named = candidates.filter(({ name }) => asked.given.node === undefined || name === asked.given.node);
  const [node, ...others] = named;
  if (node === undefined || others.length > 0) {
    return { wanted: runtime.wanted, byHand: [noSingleNode(facts, candidates, asked), ...runtime.byHand] };
  }
  const parts = [chosenBy(node, asked), cardProposal(node), driverProposal(node), runtime];
  return {
    wanted: [
      { path: ["gpuNode", "name"], value: node.name, why: "the node with the GPU" },
      ...parts.flatMap(({ wanted }) => wanted),
    ],
    byHand: [...parts.flatMap(({ byHand }) => byHand), ...onlyTheNodeKnows],
  };
}

function hasGpu({ labels, gpus }: FoundNode, { settings }: Asked): boolean {
  return gpus > 0 || labels[presentLabel] === "true" || matches(labels, settings.gpuNode.selector);
}

function matches(labels: FoundNode["labels"], selector: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

function noSingleNode({ nodes }: ClusterFacts, candidates: readonly FoundNode[], { given }: Asked): ByHand {
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
  return {
    key: "gpuNode",
    why:
      given.node === undefined
        ? `several nodes have a GPU: ${names}`
        : `node ${given.node} is none of those with a GPU: ${names}`,
    look: "name one with --node",
  };
}

/** Label and taint: those of the settings, where the node has them. */
function chosenBy({ name, labels, taints }: FoundNode, { settings }: Asked): Proposal {
  const { selector, taint } = settings.gpuNode;
  const wanted: Wanted[] = [];
  const byHand: ByHand[] = [];
  if (!matches(labels, selector)) {
    const label = [gpuLabel, presentLabel].find((key) => labels[key] === "true");
    wanted.push({
      path: ["gpuNode", "selector"],
      value:
        label === undefined
          ? { "kubernetes.io/hostname": labels["kubernetes.io/hostname"] ?? name }
          : { [label]: "true" },
      why: `a label that node ${name} carries`,
    });
  }
  const has = (one: { key: string; value?: string; effect: string }): boolean =>
    one.key === taint.key && (one.value ?? "") === taint.value && one.effect === taint.effect;
  const [only, ...more] = taints;
  if (only !== undefined && more.length === 0 && !has(only)) {
    const { key, value = "", effect } = only;
    wanted.push(
      { path: ["gpuNode", "taint", "key"], value: key, why: `the taint of node ${name}` },
      { path: ["gpuNode", "taint", "value"], value, why: `the taint of node ${name}` },
      { path: ["gpuNode", "taint", "effect"], value: effect, why: `the taint of node ${name}` },
    );
  } else if (more.length > 0) {
    byHand.push({
      key: "gpuNode.taint",
      why: `node ${name} has several taints (${taints.map(({ key }) => key).join(", ")}), and the server tolerates one`,
      look: `\`kubectl taint node ${name} <key>-\` takes one away`,
    });
  }
  return { wanted, byHand };
}

function cardProposal({ name: node, labels }: FoundNode): Proposal {
  const { card } = liveCardOf(labels);
  if (card.value === undefined) {
    return {
      wanted: [],
      byHand: [
        {
          key: "gpuNode.card",
          why: `${card.why} (node ${node})`,
          look: "on the node: `nvidia-smi --query-gpu=name,memory.total,compute_cap --format=csv`",
        },
      ],
    };
  }
  const { memoryMiB, computeCapability } = card.value;
  // A label holds no blanks, so a name with hyphens of its own is told only by the list of known cards.
  const name = findCard(card.value.name)?.name ?? card.value.name;
  const usable = knownUsableGiB({ name, memoryMiB });
  const why = `labels of node ${node}`;
  const wanted: Wanted[] = [
    { path: ["gpuNode", "card", "name"], value: name, why },
    { path: ["gpuNode", "card", "memoryMiB"], value: memoryMiB, why },
    {
      path: ["gpuNode", "card", "usableGiB"],
      value: usable?.gib,
      why:
        usable === undefined
          ? "not known of this card: the lowest share that was seen of any is reckoned with, 7.75 of 8 GiB"
          : usable.source,
    },
  ];
  return computeCapability === undefined
    ? {
        wanted,
        byHand: [
          {
            key: "gpuNode.card.computeCapability",
            why: `node ${node} has no label that tells it`,
            look: "https://developer.nvidia.com/cuda-gpus",
          },
        ],
      }
    : {
        wanted: [
          ...wanted,
          { path: ["gpuNode", "card", "computeCapability"], value: computeCapability, why },
        ],
        byHand: [],
      };
}

function driverProposal({ name: node, labels }: FoundNode): Proposal {
  const { driver } = liveCardOf(labels);
  if (driver.value === undefined) {
    return {
      wanted: [],
      byHand: [
        {
          key: "gpuNode.driver",
          why: `${driver.why} (node ${node})`,
          look: "on the node: the head of `nvidia-smi`",
        },
      ],
    };
  }
  const why = `labels of node ${node}`;
  return {
    wanted: [
      { path: ["gpuNode", "driver", "version"], value: driver.value.version, why },
      // Without a label of its own, the CUDA of the driver's branch is reckoned with.
      { path: ["gpuNode", "driver", "cuda"], value: driver.value.cuda, why },
    ],
    byHand: [],
  };
}

function runtimeProposal({ runtimeClasses }: ClusterFacts, { settings }: Asked): Proposal {
  const current = settings.gpuNode.runtimeClass;
  if (runtimeClasses?.some(({ name }) => name === current)) {
    return { wanted: [], byHand: [] };
  }
  const other = runtimeClasses?.find(({ handler }) => /nvidia/.test(handler));
  return other === undefined
    ? {
        wanted: [],
        byHand: [
          {
            key: "gpuNode.runtimeClass",
            why: `there is no RuntimeClass ${current}, nor another one of NVIDIA's runtime`,
            look: "`kubectl get runtimeclass`; k3s makes it where it finds NVIDIA's container toolkit",
          },
        ],
      }
    : {
        wanted: [
          { path: ["gpuNode", "runtimeClass"], value: other.name, why: `its handler is ${other.handler}` },
        ],
        byHand: [],
      };
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
