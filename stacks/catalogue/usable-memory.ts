/** How much of a card's memory a program can have: what `nvidia-smi` shows less what the driver reserves. */
import type { Card } from "./cards.ts";

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;

/** First driver branch that reserves more: 379 MiB of an RTX 3060, which left 246 before. */
const largerReserve = 590;

/** Memory in GiB that CUDA offers, by the engine's own start logs with older drivers. */
const measured: readonly { name: RegExp; memoryMiB: number; gib: number; source: string }[] = [
  {
    name: /RTX 3060\b(?! Ti)/,
    memoryMiB: 12_288,
    gib: 11.76,
    source: "reference setup: 11.76 GiB to torch of 12288 MiB",
  },
  {
    name: /RTX 3090\b(?! Ti)/,
    memoryMiB: 24_576,
    gib: 23.69,
    source: "vllm issue 10517, Qwen3-VL issue 1224: 23.69 of 24 GiB",
  },
];

/**
 * Memory in GiB that CUDA is known to offer on a card of this name, with where that was measured; undefined where it was not.
 * @param branch of the driver; where it is not known, it is taken for an older one.
 */
export function knownUsableGiB(
  { name, memoryMiB }: Pick<Card, "name" | "memoryMiB">,
  branch = 0,
): { gib: number; source: string } | undefined {
  const known = measured.find((one) => one.name.test(name) && one.memoryMiB === memoryMiB);
  return branch >= largerReserve ? undefined : known;
}

/**
 * Bytes that CUDA offers on this card, before anything uses it. Where it was not measured, the driver reserves 280 MiB and
 * 1/120 of the memory: 379 MiB of 12 GB and 480 of 24 (driver 595), 475 of an L4, 633 of 48 GB; less on older drivers and
 * on cards of 80 GB, so that it errs on the safe side.
 */
export function usableBytes(card: Card, branch?: number): number {
  const known = card.usableGiB ?? knownUsableGiB(card, branch)?.gib;
  return known === undefined
    ? Math.max(0, Math.floor((card.memoryMiB - 280 - card.memoryMiB / 120) * mebibyte))
    : Math.floor(known * gibibyte);
}
