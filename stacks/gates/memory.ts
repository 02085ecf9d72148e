/**
 * The memory of a card against what a server would put on it: weights, KV cache, the profiled peak of activations,
 * what lies outside torch, CUDA graphs. The same arithmetic as vLLM does at its start, but before anything is started.
 */
import type { Model } from "../catalogue/models.ts";
import { usableBytes } from "../catalogue/usable-memory.ts";
import { type EngineMemory, engineMemory } from "./engine.ts";
import type { MemoryRequest } from "./memory-request.ts";
import { overhead } from "./overheads.ts";
import { activationPeak, graphBytes, unpackingBytes } from "./working-memory.ts";

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
  /** What is free of the card at the height of loading the weights; negative where they cannot be loaded. */
  loadingLeft: number;
  /** Used memory as `nvidia-smi` would show it after the start and short requests. */
  usedAfterStart: number;
  /** The same once requests as large as allowed were worked on. */
  usedAtMost: number;
  fits: boolean;
}

/** Tokens in one block of the KV cache: vLLM's default on NVIDIA cards. */
export const blockTokens = 16;

export function memoryBudget(request: MemoryRequest): MemoryBudget {
  const { model, card, context, maxNumSeqs, gpuMemoryUtilization, enforceEager } = request;
  const usable = usableBytes(card, request.driverBranch);
  const engine = engineMemory(request.version, card, usable, request.keyValueBytes);
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
      bytes: enforceEager ? 0 : graphBytes(request, engine),
      within: engine.countsGraphs ? "share" : "rest",
    },
    { name: "cudaContext", bytes: overhead("cudaContext", request.overheads), within: beside },
    { name: "desktop", bytes: card.desktopMiB * 1024 ** 2, within: beside },
  ];
  const left = share - sum(terms, "share");
  const restLeft = usable - share - sum(terms, "rest");
  const keyValueRoom = left + bytesOf(terms, "keyValueCache");
  const keyValueTokens = Math.max(0, Math.floor(keyValueRoom / (blockTokens * bytesPerToken))) * blockTokens;
  const loading =
    model.weightBytes + unpackingBytes(request, engine) + sumOf(terms, "nonTorch", "cudaContext", "desktop");
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
    loadingLeft: usable - loading,
    // V0 gives the profiled peak back; V1 runs its sampler once more after the KV cache is laid out and keeps that memory.
    usedAfterStart: engine.generation === "V0" ? usedAtMost - bytesOf(terms, "activations") : usedAtMost,
    usedAtMost,
    fits: keyValueTokens >= context && restLeft >= 0 && usable >= loading,
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

function wholeBlocks(tokens: number): number {
  return Math.ceil(tokens / blockTokens) * blockTokens;
}

function sumOf(terms: readonly Term[], ...names: TermName[]): number {
  return names.reduce((total, name) => total + bytesOf(terms, name), 0);
}

function sum(terms: readonly Term[], within: Term["within"]): number {
  return terms.reduce((total, term) => total + (term.within === within ? term.bytes : 0), 0);
}
