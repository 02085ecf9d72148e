/** The memory gate: whether a model fits on a card, and where it does not, the numbers and what fixes it. */
import type { Fault } from "../../system/errors.ts";
import { findModel } from "../catalogue/models.ts";
import {
  fewerSequences,
  fittingModels,
  type LargestContext,
  largestContext,
  neededCapability,
} from "./fitting.ts";
import { blockTokens, bytesOf, type MemoryBudget, memoryBudget } from "./memory.ts";
import type { MemoryRequest } from "./memory-request.ts";

/** What would fit instead; only what was found to fit is set. */
export interface MemoryAlternatives {
  /** Longest context below the one asked for, in tokens. */
  context?: number;
  /** Requests at once with which the same context fits. */
  maxNumSeqs?: number;
  /** Set where turning CUDA graphs off is enough. */
  enforceEager?: true;
  /** The share of the card nearest to the one set with which it fits: lower where what lies beside it needs room, else higher. */
  gpuMemoryUtilization?: number;
  /** Hugging Face ids of catalogue models that fit at the same context. */
  models: string[];
}

export interface MemoryVerdict {
  /** Whether the server can start: memory and compute capability. */
  fits: boolean;
  /** Whether the KV cache could be reckoned; where not, only what a server needs without any was judged. */
  known: boolean;
  budget: MemoryBudget;
  largestContext: LargestContext;
  /** Absent where it fits. */
  alternatives?: MemoryAlternatives;
  /** Empty where it fits. */
  faults: Fault[];
}

/**
 * Judges a request. That the model was made for so long a context is the plan's own check, not this one's.
 * @param where the file that a person would change, for the faults.
 */
export function judgeMemory(request: MemoryRequest, where: string): MemoryVerdict {
  const known = request.model.attention !== "other";
  const judged = known ? request : { ...request, context: blockTokens };
  const budget = memoryBudget(judged);
  const longest = largestContext(request);
  const capability = neededCapability(request);
  const lacksKernels = request.card.computeCapability < capability;
  if (budget.fits && !lacksKernels) {
    return { fits: true, known, budget, largestContext: longest, faults: [] };
  }
  const models = fittingModels(request).map(({ id }) => id);
  const alternatives = findAlternatives(judged, budget, models);
  const faults = [
    ...(budget.keyValueTokens < budget.context ? [contextFault(budget, alternatives, known, where)] : []),
    ...(budget.loadingLeft < 0 ? [loadingFault(request, budget, alternatives, where)] : []),
    ...(budget.restLeft < 0 ? [restFault(budget, alternatives, where)] : []),
    ...(lacksKernels ? [capabilityFault(request, budget, capability, where)] : []),
  ];
  return { fits: false, known, budget, largestContext: longest, alternatives, faults };
}

function findAlternatives(
  request: MemoryRequest,
  budget: MemoryBudget,
  models: string[],
): MemoryAlternatives {
  const shorter = largestContext(request, request.context - 1).tokens;
  const fewer = budget.fits ? undefined : fewerSequences(request);
  const eager = !request.enforceEager && memoryBudget({ ...request, enforceEager: true }).fits;
  const share = budget.fits ? undefined : fittingShare(request, budget);
  return {
    ...(!budget.fits && shorter > 0 ? { context: shorter } : {}),
    ...(fewer === undefined ? {} : { maxNumSeqs: fewer }),
    ...(!budget.fits && eager ? { enforceEager: true } : {}),
    ...(share === undefined ? {} : { gpuMemoryUtilization: share }),
    models,
  };
}

/** Shares that may be set, in hundredths. */
const shares = Array.from({ length: 89 }, (_, place) => (place + 10) / 100);

/** vLLM's own default; to go above it is nobody's advice. */
const usualShare = 0.9;

/** The nearest share with which all fits: a lower one where the rest lacks room, else a higher one. */
function fittingShare(request: MemoryRequest, budget: MemoryBudget): number | undefined {
  const fits = (share: number): boolean => memoryBudget({ ...request, gpuMemoryUtilization: share }).fits;
  return budget.restLeft < 0
    ? shares.findLast((share) => share < request.gpuMemoryUtilization && fits(share))
    : shares.find((share) => share > request.gpuMemoryUtilization && share <= usualShare && fits(share));
}

function contextFault(
  budget: MemoryBudget,
  alternatives: MemoryAlternatives,
  known: boolean,
  where: string,
): Fault {
  const { terms, share, left, context, keyValueTokens } = budget;
  const parts = terms
    .filter(
      ({ name, within, bytes }) => within === "share" && bytes > 0 && (known || name !== "keyValueCache"),
    )
    .map(({ name, bytes }) => `${termWords[name]} ${gibibytes(bytes)}`);
  const isShare = alternatives.context === undefined && raised(budget, alternatives) !== undefined;
  const holds = keyValueTokens === 0 ? "not even one block of KV cache" : `${keyValueTokens} tokens`;
  return {
    where,
    ...(isShare
      ? { key: "gpuMemoryUtilization", found: budget.gpuMemoryUtilization }
      : alternatives.context === undefined
        ? { key: "model", found: budget.model }
        : { key: "maxModelLen", found: context }),
    problem:
      `${budget.model} ${known ? `with a context of ${context} tokens` : "without any context"} needs ${gibibytes(share - left)} GiB of ${budget.card}, ` +
      `and the server's share is ${gibibytes(share)} GiB (${budget.gpuMemoryUtilization} of ${gibibytes(budget.usable)}): ` +
      `${parts.join(", ")} GiB; that leaves room for ${holds}`,
    // The catalogue's models are known to be of this kind.
    fix:
      known && findModel(budget.model) === undefined
        ? `${fixOf(budget, alternatives)}; where not every layer keeps keys and values of all tokens, set modelNumbers.attention to other`
        : fixOf(budget, alternatives),
  };
}

function restFault(budget: MemoryBudget, alternatives: MemoryAlternatives, where: string): Fault {
  const rest = budget.terms.filter(({ within, bytes }) => within === "rest" && bytes > 0);
  const parts = rest.map(({ name, bytes }) => `${termWords[name]} ${gibibytes(bytes)}`);
  const share = alternatives.gpuMemoryUtilization;
  return {
    where,
    key: "gpuMemoryUtilization",
    found: budget.gpuMemoryUtilization,
    problem:
      `beside the server's share ${gibibytes(budget.usable - budget.share)} GiB of ${budget.card} are left, ` +
      `but ${parts.join(", ")} GiB must find room there` +
      (budget.engine.wantsShareFree ? "; this version does not start unless its whole share is free" : ""),
    fix: [
      share === undefined ? "Free the card of other programs" : `Set it to ${share.toFixed(2)} or less`,
      ...(alternatives.enforceEager ? ["set enforceEager to true"] : []),
      share === undefined ? "take a smaller model" : "free the card of other programs",
    ].join(", or "),
  };
}

function loadingFault(
  { model, card }: MemoryRequest,
  budget: MemoryBudget,
  { models }: MemoryAlternatives,
  where: string,
): Fault {
  const { usable, loadingLeft, engine } = budget;
  return {
    where,
    key: "model",
    found: model.id,
    problem:
      `loading its weights takes ${gibibytes(usable - loadingLeft)} GiB for a moment with vLLM ${engine.version}, ` +
      `and ${card.name} has ${gibibytes(usable)}${card.desktopMiB > 0 ? ", the desktop's part included" : ""}`,
    fix: fixOf(budget, { models }),
  };
}

function capabilityFault(
  request: MemoryRequest,
  budget: MemoryBudget,
  capability: number,
  where: string,
): Fault {
  return {
    where,
    key: "model",
    found: request.model.id,
    problem:
      `its weights need a card of compute capability ${capability.toFixed(1)} with vLLM ${budget.engine.version}, ` +
      `and ${request.card.name} has ${request.card.computeCapability.toFixed(1)}`,
    fix:
      request.card.computeCapability < request.model.minimumComputeCapability
        ? "Take a model without this quantization, or a newer card"
        : "Take an image from 0.14.0 on, whose kernels run on cards from 7.5 on, or a model without this quantization",
  };
}

/** A higher share with which it fits. */
function raised(
  { gpuMemoryUtilization }: MemoryBudget,
  { gpuMemoryUtilization: share }: MemoryAlternatives,
): number | undefined {
  return share !== undefined && share > gpuMemoryUtilization ? share : undefined;
}

function fixOf(budget: MemoryBudget, alternatives: MemoryAlternatives): string {
  const { context, maxNumSeqs, enforceEager, models } = alternatives;
  const share = raised(budget, alternatives);
  const ways = [
    ...(share === undefined ? [] : [`raise gpuMemoryUtilization to ${share.toFixed(2)}`]),
    ...(context === undefined ? [] : [`set maxModelLen to ${context} or less`]),
    ...(maxNumSeqs === undefined ? [] : [`set maxNumSeqs to ${maxNumSeqs} or less`]),
    ...(enforceEager ? ["set enforceEager to true"] : []),
    ...(models.length === 0 ? [] : [`take a model that fits: ${models.join(", ")}`]),
  ];
  const text = ways.length === 0 ? "take a smaller model or a larger card" : ways.join(", or ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What a person reads for each term. */
export const termWords: Record<MemoryBudget["terms"][number]["name"], string> = {
  weights: "weights",
  keyValueCache: "KV cache",
  activations: "activations",
  nonTorch: "kernels",
  cudaGraphs: "CUDA graphs",
  cudaContext: "CUDA context",
  desktop: "desktop",
};

/** `10.58`: two digits, so that neighbours in a table can be added up by eye. */
export function gibibytes(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(2);
}

/** Bytes of KV cache that the room on the card allows, for a picture of it. */
export function keyValueBytes(budget: MemoryBudget): number {
  return Math.max(bytesOf(budget.terms, "keyValueCache"), budget.keyValueTokens * budget.bytesPerToken);
}
