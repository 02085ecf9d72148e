/** What a server works with besides weights and KV cache: activations, CUDA graphs, what loading takes for a moment. */
import type { Model } from "../catalogue/models.ts";
import { type EngineMemory, profiledTokens } from "./engine.ts";
import type { MemoryRequest } from "./memory-request.ts";
import { overhead, overheads } from "./overheads.ts";

/** Bytes of one activation: AWQ models compute in 16 bits. */
const activationBytes = 2;

/** CUDA graphs of all sizes, and what compiling them takes. */
export function graphBytes({ model, overheads: own }: MemoryRequest, { countsGraphs }: EngineMemory): number {
  const rate = overheads.cudaGraphs.value * (countsGraphs ? 1 : 0.5);
  return own?.cudaGraphs ?? model.layers * model.hiddenSize * rate;
}

/** What loading takes for a moment besides the weights. */
export function unpackingBytes(
  { model, overheads: own }: MemoryRequest,
  { unpacksAwq }: EngineMemory,
): number {
  return unpacksAwq && /awq/.test(model.quantization ?? "")
    ? 2 * model.hiddenSize * model.feedForwardSize * overhead("awqUnpacking", own)
    : 0;
}

/**
 * What the profiling run adds to the weights. Two moments can be its peak: the feed-forward part of a layer (hidden
 * states before, kept and after; gate, up and their product), and the sampler's sort of all sequences' logits.
 */
export function activationPeak(request: MemoryRequest, engine: EngineMemory): number {
  const { model, context, maxNumSeqs } = request;
  const { hiddenSize: hidden, feedForwardSize: wide } = model;
  const tokens = profiledTokens(engine, context);
  const logits = Math.min(maxNumSeqs, tokens) * model.vocabularySize * 4;
  const sampler = logits * (request.overheads?.samplerCopies ?? engine.samplerCopies);
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
