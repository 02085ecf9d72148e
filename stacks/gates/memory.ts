/**
 * The memory of a card against what a server would put on it: weights, KV cache, the profiled peak of activations,
 * what lies outside torch, CUDA graphs. The same arithmetic as vLLM does at its start, but before anything is started.
 */
import { type Card, usableBytes } from "../catalogue/cards.ts";
import type { Model } from "../catalogue/models.ts";
import type { Version } from "../vocabulary/version.ts";
import { type EngineMemory, engineMemory, profiledTokens } from "./engine.ts";
import { type OverheadOverrides, overhead } from "./overheads.ts";

/** What is to run, and where. */
export interface MemoryRequest {
  model: Model;
  /** Version of the engine. */
  version: Version;
  card: Card;
  /** Longest context, prompt and answer together, in tokens. */
  context: number;
  /** Requests worked on at once. */
  maxNumSeqs: number;
  /** Share of the card that the server may take, 0 to 1. */
  gpuMemoryUtilization: number;
  /** Whether CUDA graphs are turned off. */
  enforceEager: boolean;
  /** Bytes of one number in the KV cache. @default 2 */
  keyValueBytes?: number;
  overheads?: OverheadOverrides;
}

export type TermName =
  | "weights"
  | "keyValueCache"
  | "activations"
  | "nonTorch"
  | "cudaGraphs"
  | "cudaContext"
  | "desktop";

export interface Term {
  name: TermName;
  bytes: number;
  /** Whether the engine counts it against the server's share of the card, or it lies beside it. */
  within: "share" | "rest";
}

/** All in bytes unless said otherwise; plain data, so it can be printed as JSON. */
export interface MemoryBudget {
  model: string;
  card: string;
  engine: EngineMemory;
  context: number;
  maxNumSeqs: number;
  gpuMemoryUtilization: number;
  enforceEager: boolean;
  /** What CUDA offers on the card. */
  usable: number;
  /** The server's share of it. */
  share: number;
  /** What is needed for the context asked for. */
  terms: Term[];
  /** Of the share: what the terms leave; negative where they do not fit. */
  left: number;
  /** Of what lies beside the share: what the terms leave; negative where they do not fit. */
  restLeft: number;
  bytesPerToken: number;
  /** Tokens that the KV cache would hold, in whole blocks: what the start log calls GPU blocks, times 16. */
  keyValueTokens: number;
  /** Used memory as `nvidia-smi` would show it after the start and short requests. */
  usedAfterStart: number;
  /** The same once requests as large as allowed were worked on. */
  usedAtMost: number;
  fits: boolean;
}

/** Tokens in one block of the KV cache: vLLM's default on NVIDIA cards. */
export const blockTokens = 16;

/** Bytes of one activation: AWQ models compute in 16 bits. */
const activationBytes = 2;

export function memoryBudget(request: MemoryRequest): MemoryBudget {
  const { model, card, context, maxNumSeqs, gpuMemoryUtilization, enforceEager } = request;
  const usable = usableBytes(card);
  const engine = engineMemory(request.version, usable);
  const share = Math.floor(usable * gpuMemoryUtilization);
  const bytesPerToken = keyValueBytesPerToken(model, request.keyValueBytes);
  const beside = engine.countsWholeCard ? "share" : "rest";
  const terms: Term[] = [
    { name: "weights", bytes: model.weightBytes, within: "share" },
    { name: "keyValueCache", bytes: wholeBlocks(context) * bytesPerToken, within: "share" },
    { name: "activations", bytes: activationPeak(request, engine), within: "share" },
    { name: "nonTorch", bytes: overhead("nonTorch", request.overheads), within: "share" },
    {
      name: "cudaGraphs",
      bytes: enforceEager ? 0 : overhead("cudaGraphs", request.overheads),
      within: engine.countsGraphs ? "share" : "rest",
    },
    { name: "cudaContext", bytes: overhead("cudaContext", request.overheads), within: beside },
    { name: "desktop", bytes: card.desktopMiB * 1024 ** 2, within: beside },
  ];
  const left = share - sum(terms, "share");
  const restLeft = usable - share - sum(terms, "rest");
  const keyValueRoom = left + bytesOf(terms, "keyValueCache");
  const keyValueTokens = Math.max(0, Math.floor(keyValueRoom / (blockTokens * bytesPerToken))) * blockTokens;
  const usedAtMost =
    sum(terms, "share") -
    bytesOf(terms, "keyValueCache") +
    keyValueTokens * bytesPerToken +
    sum(terms, "rest");
  return {
    model: model.id,
    card: card.name,
    engine,
    context,
    maxNumSeqs,
    gpuMemoryUtilization,
    enforceEager,
    usable,
    share,
    terms,
    left,
    restLeft,
    bytesPerToken,
    keyValueTokens,
    // V0 gives the profiled peak back; V1 runs its sampler once more after the KV cache is laid out and keeps that memory.
    usedAfterStart: engine.generation === "V0" ? usedAtMost - bytesOf(terms, "activations") : usedAtMost,
    usedAtMost,
    fits: keyValueTokens >= context && restLeft >= 0,
  };
}

/** Bytes that one token of context takes in the KV cache: a key and a value in every layer. */
function keyValueBytesPerToken(model: Model, bytes = 2): number {
  return 2 * model.layers * model.keyValueHeads * model.headSize * bytes;
}

/** Bytes of one term. */
export function bytesOf(terms: readonly Term[], name: TermName): number {
  return terms.find((term) => term.name === name)?.bytes ?? 0;
}

/**
 * What the profiling run adds to the weights. Two moments can be its peak: the feed-forward part of a layer (hidden
 * states before, kept and after; gate, up and their product), and the sampler's sort of all sequences' logits.
 */
function activationPeak(request: MemoryRequest, engine: EngineMemory): number {
  const { model, context, maxNumSeqs } = request;
  const { hiddenSize: hidden, feedForwardSize: wide } = model;
  const tokens = profiledTokens(engine, context);
  const logits = Math.min(maxNumSeqs, tokens) * model.vocabularySize * 4;
  const sampler = logits * overhead("samplerCopies", request.overheads);
  // V0's Marlin kernel also copies its input (vLLM csrc gptq_marlin.cu of that time: a_tmp).
  const copies = engine.generation === "V0" && usesMarlin(model) ? 1 : 0;
  if (engine.counts === "allocated") {
    const forward = tokens * activationBytes * (3 * hidden + (3 + copies) * wide);
    return Math.ceil(Math.max(forward, sampler + tokens * activationBytes * hidden));
  }
  // torch keeps each buffer that a layer asked for; the sampler finds room only in the largest, gate and up.
  const query = hidden + 2 * model.keyValueHeads * model.headSize;
  const kept = tokens * activationBytes * ((4 + copies) * hidden + query + (3 + copies) * wide);
  const partialSums = copies * overhead("marlinReduceRows", request.overheads) * 2 * wide * 4;
  return Math.ceil(kept + partialSums + Math.max(0, sampler - tokens * activationBytes * 2 * wide));
}

/** Whether the model's weights run on the Marlin kernel. */
export function usesMarlin(model: Model): boolean {
  return model.quantization?.includes("marlin") ?? false;
}

function wholeBlocks(tokens: number): number {
  return Math.ceil(tokens / blockTokens) * blockTokens;
}

function sum(terms: readonly Term[], within: Term["within"]): number {
  return terms.reduce((total, term) => total + (term.within === within ? term.bytes : 0), 0);
}
