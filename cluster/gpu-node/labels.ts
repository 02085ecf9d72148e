/** What the cluster knows of a GPU node, by the labels of NVIDIA's GPU feature discovery. Pure. */

import type { Driver, Known } from "./facts/facts.ts";
import type { LiveCard } from "./judge/live-card.ts";

type Labels = Readonly<Record<string, string | undefined>>;

const prefix = "nvidia.com/";

const noLabel = "the node has no such label of GPU feature discovery";

/** What labels tell of a card: its memory, too, or nothing. */
export interface LabelledCard extends LiveCard {
  card: Known<{ name: string; memoryMiB: number; computeCapability?: number }>;
}

/** The card and its driver, as far as a node's labels tell. Never throws. */
export function liveCardOf(labels: Labels): LabelledCard {
  return {
    driver: driverOf(labels),
    card: cardOf(labels),
    heldMiB: { why: "labels do not tell what is in use" },
    heldBy: [],
    toolkit: {},
  };
}

/** The names since 0.17, else the older ones. */
function driverOf(labels: Labels): Known<Driver> {
  const parts = (name: string, keys: readonly string[]): string | undefined => {
    const found = keys.map((key) => labels[`${prefix}${name}.${key}`]).filter((part) => part);
    return found.length < 2 ? undefined : found.join(".");
  };
  const version =
    labels[`${prefix}cuda.driver-version.full`] ?? parts("cuda.driver", ["major", "minor", "rev"]);
  const cuda = parts("cuda.runtime-version", ["major", "minor"]) ?? parts("cuda.runtime", ["major", "minor"]);
  if (version === undefined || !/^\d{1,9}\.\d{1,9}(\.\d{1,9})?$/.test(version)) {
    return { why: noLabel };
  }
  return { value: { version, ...(cuda !== undefined && /^\d+\.\d+$/.test(cuda) ? { cuda } : {}) } };
}

function cardOf(labels: Labels): LabelledCard["card"] {
  const product = labels[`${prefix}gpu.product`];
  const memory = labels[`${prefix}gpu.memory`] ?? "";
  if (!product || !/^[1-9]\d{0,7}$/.test(memory)) {
    return { why: noLabel };
  }
  const capability = Number(
    `${labels[`${prefix}gpu.compute.major`]}.${labels[`${prefix}gpu.compute.minor`]}`,
  );
  return {
    value: {
      // A label holds no blanks; a name of `nvidia-smi` does. Shared cards carry a mark at the end.
      name: product.replace(/-SHARED$/, "").replaceAll("-", " "),
      memoryMiB: Number(memory),
      ...(Number.isFinite(capability) ? { computeCapability: capability } : {}),
    },
  };
}
