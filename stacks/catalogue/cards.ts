/** Cards by name, what kind of card a name stands for, and how much of its memory a program can really use. */

/** A card as `nvidia-smi` and the stack file describe it. */
export interface Card {
  /** As `nvidia-smi` names it, for example `NVIDIA GeForce RTX 3060`. */
  name: string;
  /** Total memory by `nvidia-smi`, in MiB. */
  memoryMiB: number;
  /** Memory that CUDA offers to a program, in GiB; by default a share of `memoryMiB`. */
  usableGiB?: number;
  /** For example 8.6. */
  computeCapability: number;
  /** What the desktop already holds of it, in MiB. */
  desktopMiB: number;
}

/**
 * Cards that a question can name. Memory as `nvidia-smi` shows it in public listings of these cards; compute capability
 * from NVIDIA's list of CUDA GPUs. Where a name stands for two sizes, the larger one.
 */
const cards: readonly [name: string, memoryMiB: number, computeCapability: number][] = [
  ["NVIDIA GeForce RTX 3060", 12_288, 8.6],
  ["NVIDIA GeForce RTX 3080", 10_240, 8.6],
  ["NVIDIA GeForce RTX 3090", 24_576, 8.6],
  ["NVIDIA GeForce RTX 4060", 8188, 8.9],
  ["NVIDIA GeForce RTX 4060 Ti", 16_380, 8.9],
  ["NVIDIA GeForce RTX 4070", 12_282, 8.9],
  ["NVIDIA GeForce RTX 4080", 16_376, 8.9],
  ["NVIDIA GeForce RTX 4090", 24_564, 8.9],
  ["NVIDIA GeForce RTX 5060 Ti", 16_311, 12],
  ["NVIDIA GeForce RTX 5090", 32_607, 12],
  ["Tesla T4", 15_360, 7.5],
  ["NVIDIA L4", 23_034, 8.9],
  ["NVIDIA A100 80GB PCIe", 81_920, 8],
  ["NVIDIA H100 80GB HBM3", 81_559, 9],
];

/** Names of the cards that are known by number. */
export const cardNames: readonly string[] = cards.map(([name]) => name);

/** A card by its name or the part of it that people say, such as `rtx 4090`; undefined where none is called so. */
export function findCard(name: string): Card | undefined {
  const wanted = shortName(name);
  const found = cards.find(([known]) => shortName(known) === wanted);
  return found && { name: found[0], memoryMiB: found[1], computeCapability: found[2], desktopMiB: 0 };
}

/** Memory in GiB that CUDA is known to offer on a card of this name, with where that was seen; undefined where it was not. */
export function knownUsableGiB({
  name,
  memoryMiB,
}: Pick<Card, "name" | "memoryMiB">): { gib: number; source: string } | undefined {
  const known = usableShares.find((share) => share.name.test(name));
  return (
    known && { gib: Math.floor((memoryMiB / 1024) * known.share * 100 + 1e-6) / 100, source: known.source }
  );
}

/** `NVIDIA GeForce RTX 3060`, `rtx3060` and `3060` → `3060`. */
function shortName(name: string): string {
  return name.toLowerCase().replace(/nvidia|geforce|tesla|rtx|\d+gb|pcie|hbm3|[\s_-]/g, "");
}

/** Names by which NVIDIA's container tools know a card's kind. */
export type Brand = "geforce" | "titan" | "quadro" | "rtx" | "datacenter" | "unknown";

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;

/** Share of `nvidia-smi`'s total that `cudaMemGetInfo` reports as total, for cards where both were seen. */
const usableShares: readonly { name: RegExp; share: number; source: string }[] = [
  {
    name: /RTX 3060\b(?! Ti)/,
    share: 11.76 / 12,
    source: "reference setup: 11.76 GiB to torch of 12288 MiB",
  },
  { name: /RTX 3090\b/, share: 23.69 / 24, source: "vllm issue 10517, Qwen3-VL issue 1224: 23.69 of 24 GiB" },
];

/** The lowest share found: 7.75 GiB of an 8 GB card (vllm issue 12529). */
const lowestUsableShare = 7.75 / 8;

/** Bytes that CUDA offers on this card, before anything uses it. */
export function usableBytes(card: Card): number {
  if (card.usableGiB !== undefined) {
    return Math.floor(card.usableGiB * gibibyte);
  }
  const share = usableShares.find(({ name }) => name.test(card.name))?.share ?? lowestUsableShare;
  return Math.floor(card.memoryMiB * mebibyte * share);
}

/** The kind of card that a product name stands for; `unknown` where the name says nothing. */
export function brandOf(cardName: string): Brand {
  const kinds: readonly [RegExp, Brand][] = [
    [/geforce/i, "geforce"],
    [/titan/i, "titan"],
    [/quadro/i, "quadro"],
    [
      /tesla|\b(?:A2|A10G?|A16|A30|A40|A100|A800|B[123]00|H20|H100|H200|H800|L4|L20|L40S?|P4|P40|P100|T4G?|V100|G[HB]200)\b/i,
      "datacenter",
    ],
    [/\bRTX\b/i, "rtx"],
  ];
  return kinds.find(([pattern]) => pattern.test(cardName))?.[1] ?? "unknown";
}

/** The words that NVIDIA_REQUIRE_CUDA may use for this kind of card (libnvidia-container's brand names). */
export function requirementBrands(brand: Brand): readonly string[] {
  const words: Record<Brand, readonly string[]> = {
    geforce: ["geforce", "geforcertx"],
    titan: ["titan", "titanrtx"],
    quadro: ["quadro", "quadrortx"],
    rtx: ["nvidiartx", "quadrortx"],
    datacenter: ["tesla", "nvidia"],
    unknown: [],
  };
  return words[brand];
}

/** Whether a newer CUDA's `cuda-compat` libraries work on it: only on data-centre cards (NVIDIA, CUDA compatibility guide). */
export function hasForwardCompatibility(brand: Brand): boolean {
  return brand === "datacenter";
}
