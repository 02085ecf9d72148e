/** Cards by name. */
import leven from "leven";

/** A card as `nvidia-smi` and the stack file describe it. */
export interface Card {
  /** As `nvidia-smi` names it, for example `NVIDIA GeForce RTX 3060`. */
  name: string;
  /** Total memory by `nvidia-smi`, in MiB. */
  memoryMiB: number;
  /** Memory that CUDA offers to a program, in GiB; by default what the driver is known to leave of `memoryMiB`. */
  usableGiB?: number;
  /** For example 8.6. */
  computeCapability: number;
  /** What the desktop already holds of it, in MiB. */
  desktopMiB: number;
}

type Row = [name: string, memoryMiB: number, computeCapability: number];

const geforce = (capability: number, sizes: Readonly<Record<string, number>>): Row[] =>
  Object.entries(sizes).map(([name, memoryMiB]) => [
    `NVIDIA GeForce ${name.replace(/ \(.*/, "")}`,
    memoryMiB,
    capability,
  ]);

/**
 * Cards that a question can name. Memory as `nvidia-smi` shows it in public listings of these cards; compute capability
 * from NVIDIA's list of CUDA GPUs. A name that stands for two sizes has two rows, first the one that
 * is meant where no size is told.
 */
const cards: readonly Row[] = [
  ...geforce(6.1, { "GTX 1080 Ti": 11_264 }),
  ...geforce(7.5, { "RTX 2060": 6144, "RTX 2060 (12)": 12_288, "RTX 2070": 8192, "RTX 2080": 8192 }),
  ...geforce(7.5, { "RTX 2080 Ti": 11_264 }),
  ...geforce(8.6, { "RTX 3050": 8192, "RTX 3060": 12_288, "RTX 3060 (8)": 8192, "RTX 3060 Ti": 8192 }),
  ...geforce(8.6, { "RTX 3070": 8192, "RTX 3070 Ti": 8192, "RTX 3080": 10_240, "RTX 3080 (12)": 12_288 }),
  ...geforce(8.6, { "RTX 3080 Ti": 12_288, "RTX 3090": 24_576, "RTX 3090 Ti": 24_564 }),
  ...geforce(8.6, { "RTX 3060 Laptop GPU": 6144, "RTX 3070 Laptop GPU": 8192 }),
  ...geforce(8.9, { "RTX 4060": 8188, "RTX 4060 Ti": 16_380, "RTX 4060 Ti (8)": 8188, "RTX 4070": 12_282 }),
  ...geforce(8.9, { "RTX 4070 SUPER": 12_282, "RTX 4070 Ti": 12_282, "RTX 4070 Ti SUPER": 16_376 }),
  ...geforce(8.9, { "RTX 4080": 16_376, "RTX 4080 SUPER": 16_376, "RTX 4090": 24_564 }),
  ...geforce(8.9, { "RTX 4060 Laptop GPU": 8188, "RTX 4070 Laptop GPU": 8188 }),
  ...geforce(8.9, { "RTX 4080 Laptop GPU": 12_282, "RTX 4090 Laptop GPU": 16_376 }),
  ...geforce(12, { "RTX 5060": 8151, "RTX 5060 Ti": 16_311, "RTX 5060 Ti (8)": 8151, "RTX 5070": 12_227 }),
  ...geforce(12, { "RTX 5070 Ti": 16_303, "RTX 5080": 16_303, "RTX 5090": 32_607 }),
  ["NVIDIA TITAN RTX", 24_576, 7.5],
  ["NVIDIA RTX A2000 12GB", 12_282, 8.6],
  ["NVIDIA RTX A4000", 16_376, 8.6],
  ["NVIDIA RTX A4500", 20_470, 8.6],
  ["NVIDIA RTX A5000", 24_564, 8.6],
  ["NVIDIA RTX A6000", 49_140, 8.6],
  ["NVIDIA RTX 2000 Ada Generation", 16_380, 8.9],
  ["NVIDIA RTX 4000 Ada Generation", 20_475, 8.9],
  ["NVIDIA RTX 5000 Ada Generation", 32_760, 8.9],
  ["NVIDIA RTX 6000 Ada Generation", 49_140, 8.9],
  ["NVIDIA RTX PRO 4000 Blackwell", 24_467, 12],
  ["NVIDIA RTX PRO 4500 Blackwell", 32_623, 12],
  ["NVIDIA RTX PRO 5000 Blackwell", 48_935, 12],
  ["NVIDIA RTX PRO 6000 Blackwell Workstation Edition", 97_887, 12],
  ["Tesla P40", 24_576, 6.1],
  ["Tesla P100-PCIE-16GB", 16_384, 6],
  ["Tesla V100-PCIE-32GB", 32_768, 7],
  ["Tesla V100-PCIE-16GB", 16_384, 7],
  ["Tesla V100-SXM2-32GB", 32_768, 7],
  ["Tesla V100-SXM2-16GB", 16_384, 7],
  ["Tesla T4", 15_360, 7.5],
  ["NVIDIA A2", 15_356, 8.6],
  ["NVIDIA A10", 23_028, 8.6],
  ["NVIDIA A10G", 23_028, 8.6],
  ["NVIDIA A100 80GB PCIe", 81_920, 8],
  ["NVIDIA A100-PCIE-40GB", 40_960, 8],
  ["NVIDIA A100-SXM4-80GB", 81_920, 8],
  ["NVIDIA A100-SXM4-40GB", 40_960, 8],
  ["NVIDIA L4", 23_034, 8.9],
  ["NVIDIA L40S", 46_068, 8.9],
  ["NVIDIA H100 80GB HBM3", 81_559, 9],
];

/**
 * A card by its name or the part of it that people say, such as `rtx 4090` or `4060 ti 8gb`. Undefined where none is
 * called so, or none of that name has the size.
 */
export function findCard(name: string): Card | undefined {
  const size = sizeOf(name);
  const found = cards.find(
    ([known, memoryMiB]) =>
      shortName(known) === shortName(name) && (size === undefined || isOfSize(memoryMiB, size)),
  );
  return found && { name: found[0], memoryMiB: found[1], computeCapability: found[2], desktopMiB: 0 };
}

/** Names of the known cards that are most like this one. */
export function nearestCards(name: string, count = 5): string[] {
  const distance = (known: string) => leven(shortName(known), shortName(name));
  const names = [...new Set(cards.map(([known]) => known))];
  return names.toSorted((a, b) => distance(a) - distance(b)).slice(0, count);
}

/** `NVIDIA GeForce RTX 3060`, `rtx3060` and `3060` → `3060`. */
function shortName(name: string): string {
  return name
    .toLowerCase()
    .replace(
      /nvidia|geforce|tesla|[rg]tx|\d+\s*gi?b\b|pcie|hbm3|generation|blackwell|workstation|edition|gpu/g,
      "",
    )
    .replace(/[\s_-]/g, "");
}

/** Gigabytes that a name tells. */
function sizeOf(name: string): number | undefined {
  const [, size] = /(\d+)\s*gi?b\b/i.exec(name) ?? [];
  return size === undefined ? undefined : Number(size);
}

/** Error correction and the driver take up to a sixteenth of what a name tells. */
function isOfSize(memoryMiB: number, gigabytes: number): boolean {
  return memoryMiB <= gigabytes * 1024 && memoryMiB >= gigabytes * 1024 * 0.93;
}
