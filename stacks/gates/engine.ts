/** How an engine's version decides what memory the KV cache may take. Read in vLLM's own sources of the versions named. */
import {
  compareVersions,
  isAtLeast,
  parseVersion,
  type Version,
  versionText,
} from "../vocabulary/version.ts";

export interface EngineMemory {
  version: string;
  /** V1 is the default from 0.8.0. Not considered: what makes 0.8 fall back to V0 (`VLLM_USE_V1=0`, a card below 8.0, an 8-bit KV cache). */
  generation: "V0" | "V1";
  /**
   * What the profiling run counts: before 0.6.4 everything that torch holds from the driver (`reserved`), buffers
   * kept for reuse included; later the most that was in use at once (`allocated`).
   */
  counts: "reserved" | "allocated";
  /** Whether other users of the card, such as a desktop, and the CUDA context count against the server's share (0.6.4, 0.8.0 to 0.9.0). */
  countsWholeCard: boolean;
  /** Whether the start is refused unless the whole share is free (from 0.9.1). */
  wantsShareFree: boolean;
  /** Whether CUDA graphs count against the share (from 0.21.0); before, they come on top. */
  countsGraphs: boolean;
  /** Tokens that one step works on at most, where prompts are cut into chunks. */
  chunkTokens: number;
  /** Longest context whose prompts are worked on in one piece, in tokens; 0 where prompts are always cut. */
  wholePromptsUpTo: number;
  /** Lowest compute capability for which this version runs AWQ on Marlin: 8.0 in 0.5.5 to 0.13.0, 7.5 in 0.14.1 and since. */
  marlinCapability: number;
}

/** Contexts above this many tokens made V0 cut prompts into chunks (vLLM PR 6666). */
const longContext = 32_768;

/** Cards with at least this many bytes work on larger chunks (vLLM's arg_utils, from 0.8.0). */
const largeCardBytes = 70 * 1024 ** 3;

/** What this version does on a card that offers so many bytes. */
export function engineMemory(version: Version, usableBytes: number): EngineMemory {
  const generation = isAtLeast(version, "0.8.0") ? "V1" : "V0";
  return {
    version: versionText(version),
    generation,
    counts: isAtLeast(version, "0.6.4") ? "allocated" : "reserved",
    countsWholeCard: isWithin(version, "0.6.4", "0.6.5") || isWithin(version, "0.8.0", "0.9.1"),
    wantsShareFree: isAtLeast(version, "0.9.1"),
    countsGraphs: isAtLeast(version, "0.21.0"),
    chunkTokens: chunkTokens(version, usableBytes),
    wholePromptsUpTo: generation === "V0" ? longContext : 0,
    marlinCapability: isAtLeast(version, "0.14.0") ? 7.5 : 8,
  };
}

/** 512 in 0.6.4, 2048 in 0.7.3 and since; V1 takes 8192 on large cards. */
function chunkTokens(version: Version, usableBytes: number): number {
  if (!isAtLeast(version, "0.7.0")) {
    return 512;
  }
  return isAtLeast(version, "0.8.0") && usableBytes >= largeCardBytes ? 8192 : 2048;
}

function isWithin(version: Version, from: string, below: string): boolean {
  const bound = parseVersion(below);
  return isAtLeast(version, from) && bound !== undefined && compareVersions(version, bound) < 0;
}

/** Tokens that the profiling run pushes through the model at once, for a context of so many tokens. */
export function profiledTokens(engine: EngineMemory, context: number): number {
  return context <= engine.wholePromptsUpTo ? Math.max(context, 2048) : engine.chunkTokens;
}
