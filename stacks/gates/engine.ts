/** How an engine's version decides what memory the KV cache may take. Read in vLLM's own sources of the versions named. */
import type { Card } from "../catalogue/cards.ts";
import {
  compareVersions,
  isAtLeast,
  parseVersion,
  type Version,
  versionText,
} from "../vocabulary/version.ts";

export interface EngineMemory {
  version: string;
  /** V1 is the default from 0.8.0. Up to 0.10.1 a card below 8.0, or an 8-bit KV cache on one below 9.0, falls back to V0. */
  generation: "V0" | "V1";
  /**
   * What the profiling run counts: before 0.6.4 everything that torch holds from the driver (`reserved`), buffers
   * kept for reuse included; later the most that was in use at once (`allocated`).
   */
  counts: "reserved" | "allocated";
  /** Whether other users of the card, such as a desktop, and the CUDA context count against the server's share (0.6.4, V1 from 0.8.0 to 0.9.0). */
  countsWholeCard: boolean;
  /** Whether the start is refused unless the whole share is free (V1 from 0.9.1). */
  wantsShareFree: boolean;
  /** Whether CUDA graphs and what compiling them takes count against the share (from 0.20.0); before, they come on top. */
  countsGraphs: boolean;
  /** Tokens that one step works on at most, where prompts are cut into chunks. */
  chunkTokens: number;
  /** Longest context whose prompts are worked on in one piece, in tokens; 0 where prompts are always cut. */
  wholePromptsUpTo: number;
  /** Lowest compute capability for which this version runs AWQ on Marlin: 8.0 in 0.5.5 to 0.13.0, 7.5 in 0.14.1 and since. */
  marlinCapability: number;
  /** Whether loading AWQ weights unpacks the largest layer for a moment (from 0.19.0). */
  unpacksAwq: boolean;
  /**
   * Copies of the logits in the sampler's sort (sequences × vocabulary, 32 bits): 9.75 and 9.5 counted in 0.5.5 and
   * 0.8.5.post1, at most 8 by the start logs of 0.10.2 to 0.19.1, and one by those of 0.27 and later, which have other model runners.
   */
  samplerCopies: number;
}

/** Contexts above this many tokens made V0 cut prompts into chunks (vLLM PR 6666). */
const longContext = 32_768;

const gibibyte = 1024 ** 3;

/** What this version does on a card that offers so many bytes, with KV numbers of so many bytes. */
export function engineMemory(
  version: Version,
  card: Pick<Card, "name" | "computeCapability">,
  usableBytes: number,
  keyValueBytes = 2,
): EngineMemory {
  const fallsBack = !isAtLeast(version, "0.10.2") && card.computeCapability < (keyValueBytes < 2 ? 9 : 8);
  const generation = isAtLeast(version, "0.8.0") && !fallsBack ? "V1" : "V0";
  const isV1 = generation === "V1";
  return {
    version: versionText(version),
    generation,
    counts: isAtLeast(version, "0.6.4") ? "allocated" : "reserved",
    countsWholeCard: isWithin(version, "0.6.4", "0.6.5") || (isV1 && isWithin(version, "0.8.0", "0.9.1")),
    wantsShareFree: isV1 && isAtLeast(version, "0.9.1"),
    countsGraphs: isAtLeast(version, "0.20.0"),
    chunkTokens: chunkTokens(version, card, usableBytes),
    wholePromptsUpTo: isV1 ? 0 : longContext,
    marlinCapability: isAtLeast(version, "0.14.0") ? 7.5 : 8,
    unpacksAwq: isAtLeast(version, "0.19.0"),
    samplerCopies: isAtLeast(version, "0.27.0") ? 1 : isAtLeast(version, "0.10.0") ? 8 : 9.75,
  };
}

/** 512 in 0.6.4, 2048 in 0.7.3 and since; V1 takes more on large cards (vLLM's arg_utils), but not on an A100. */
function chunkTokens(version: Version, card: Pick<Card, "name">, usableBytes: number): number {
  if (!isAtLeast(version, "0.7.0")) {
    return 512;
  }
  if (isAtLeast(version, "0.28.0") && usableBytes >= 160 * gibibyte) {
    return 16_384;
  }
  const isLarge =
    usableBytes >= 70 * gibibyte && !(isAtLeast(version, "0.9.0") && /\bA100\b/.test(card.name));
  return isAtLeast(version, "0.8.0") && isLarge ? 8192 : 2048;
}

function isWithin(version: Version, from: string, below: string): boolean {
  const bound = parseVersion(below);
  return isAtLeast(version, from) && bound !== undefined && compareVersions(version, bound) < 0;
}

/** Tokens that the profiling run pushes through the model at once, for a context of so many tokens. */
export function profiledTokens(engine: EngineMemory, context: number): number {
  return context <= engine.wholePromptsUpTo ? Math.max(context, 2048) : engine.chunkTokens;
}
