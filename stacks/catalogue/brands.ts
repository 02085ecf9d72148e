/** What kind of card a name stands for, and what NVIDIA's tools make of it. */

/** Names by which NVIDIA's container tools know a card's kind. */
export type Brand = "geforce" | "titan" | "quadro" | "rtx" | "datacenter" | "unknown";

/** The kind of card that a product name stands for; `unknown` where the name says nothing. */
export function brandOf(cardName: string): Brand {
  const kinds: readonly [RegExp, Brand][] = [
    [/geforce/i, "geforce"],
    [/titan/i, "titan"],
    [/quadro/i, "quadro"],
    [
      /tesla|\b(?:A2|A10G?|A16|A30|A40|A100|A800|B[123]00|H20|H100|H200|H800|L4|L20|L40S?|P4|P40|P100|T4G?|V100|G[HB]200|GB300)\b/i,
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
