/** What would fit on the card instead: a shorter context, fewer requests at once, another model of the catalogue. */
import { type Model, models } from "../catalogue/models.ts";
import { blockTokens, memoryBudget } from "./memory.ts";
import type { MemoryRequest } from "./memory-request.ts";
import { usesMarlin } from "./working-memory.ts";

/** The longest context that fits. */
export interface LargestContext {
  /** Tokens; 0 where not even one block fits. */
  tokens: number;
  /** What ends it: the card's memory or what the model was made for. */
  limitedBy: "memory" | "model";
}

/** Contexts above this make V0 work in chunks, so that a longer one may fit where a shorter one does not. */
const regimes = (engineLimit: number, longest: number): [number, number][] =>
  engineLimit === 0 || engineLimit >= longest
    ? [[0, longest]]
    : [
        [0, engineLimit],
        [engineLimit, longest],
      ];

/** The longest context up to `atMost` tokens (by default what the model was made for) that fits with all else as asked. */
export function largestContext(request: MemoryRequest, atMost = request.model.maxContext): LargestContext {
  const { engine } = memoryBudget(request);
  const longest = Math.min(atMost, request.model.maxContext);
  let tokens = 0;
  for (const [above, upTo] of regimes(engine.wholePromptsUpTo, longest)) {
    const blocks = largest(
      Math.floor(above / blockTokens),
      Math.ceil(upTo / blockTokens),
      (count) => memoryBudget({ ...request, context: Math.min(count * blockTokens, upTo) }).fits,
    );
    tokens = blocks * blockTokens > above ? Math.min(blocks * blockTokens, upTo) : tokens;
  }
  return { tokens, limitedBy: tokens >= longest ? "model" : "memory" };
}

/** The most requests at once, fewer than asked for, with which the same context fits; undefined where none helps. */
export function fewerSequences(request: MemoryRequest): number | undefined {
  const count = largest(
    0,
    request.maxNumSeqs - 1,
    (maxNumSeqs) => memoryBudget({ ...request, maxNumSeqs }).fits,
  );
  return count > 0 ? count : undefined;
}

/** Lowest compute capability of a card that has the kernels for the model's weights, with this engine. */
export function neededCapability(request: MemoryRequest): number {
  const { engine } = memoryBudget(request);
  const { model } = request;
  return usesMarlin(model)
    ? Math.max(model.minimumComputeCapability, engine.marlinCapability)
    : model.minimumComputeCapability;
}

/** Models, by default those of the catalogue, that fit at the same context with all else as asked. */
export function fittingModels(request: MemoryRequest, among: readonly Model[] = models): Model[] {
  return among.filter((model) => {
    const instead = { ...request, model };
    return (
      model.id !== request.model.id &&
      model.maxContext >= request.context &&
      request.card.computeCapability >= neededCapability(instead) &&
      memoryBudget(instead).fits
    );
  });
}

/** The largest whole number in (low, high] that holds, where all below a holding one hold too; `low` where none does. */
function largest(low: number, high: number, holds: (value: number) => boolean): number {
  let [known, open] = [low, high];
  while (known < open) {
    const middle = Math.ceil((known + open) / 2);
    if (holds(middle)) {
      known = middle;
    } else {
      open = middle - 1;
    }
  }
  return known;
}
