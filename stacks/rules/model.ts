// The model must be one whose numbers are known, and able to do what is asked of it.

import { nearest } from "../../system/nearest.ts";
import { firstReasoningEngine } from "../catalogue/engines.ts";
import { findModel, models } from "../catalogue/models.ts";
import { isCatalogued } from "../resolve/image.ts";
import type { Settings } from "../settings/index.ts";
import { quantityValue } from "../vocabulary/measures.ts";
import { modelAlias } from "../vocabulary/names.ts";
import { isAtLeast, versionText } from "../vocabulary/version.ts";
import type { Rule } from "./rule.ts";

/** Bytes of the two matrices that each layer has at the least, at one bit a weight: no model's weights are fewer. */
function leastWeightBytes({
  layers,
  hiddenSize,
  feedForwardSize,
}: Settings["modelNumbers"] & object): number {
  return Math.ceil((layers * 2 * hiddenSize * feedForwardSize) / 8);
}

/** Kinds of weights that newer engines read only by plugins, which vLLM's image does not hold. */
const plugins = { kinds: ["gguf", "bitsandbytes"], from: "0.33.0" };

/** Another model of the same family is one letter away, and is not what was meant. */
function fixForUnknown(model: string): string {
  const ids = models.map(({ id }) => id);
  const meant = nearest(model, ids, 0) ?? nearest(model, ids, 2);
  return meant === undefined
    ? `Choose one of ${ids.join(", ")}, or give its numbers as modelNumbers`
    : `Write ${meant}, if that is meant, or give its numbers as modelNumbers`;
}

export const modelRules: readonly Rule[] = [
  {
    reads: ["modelNumbers", "image"],
    findings: ({ modelNumbers, image }, { resolved: { version } }) =>
      plugins.kinds.includes(modelNumbers?.quantization ?? "") &&
      isCatalogued(image) &&
      version !== undefined &&
      isAtLeast(version, plugins.from)
        ? [
            {
              path: ["modelNumbers", "quantization"],
              problem: `the image of vLLM ${versionText(version)} cannot read such weights; it takes a plugin that is not in it`,
              fix: `Take an image before ${plugins.from}, or weights as AWQ, GPTQ, FP8 or compressed-tensors`,
            },
          ]
        : [],
  },
  {
    reads: ["serve", "model", "modelNumbers"],
    findings: ({ serve, model, modelNumbers }) => {
      if (!serve) {
        return [];
      }
      if (model === undefined) {
        return [
          {
            path: ["model"],
            problem: "a mode that serves must name its model",
            fix: "Write `vllm-platform:model: <Hugging Face id>`, or `vllm-platform:serve: false` for a mode that frees the GPU",
          },
        ];
      }
      if (model === modelAlias) {
        return [
          {
            path: ["model"],
            problem: "is the name under which every mode's model answers, and no model's own",
            fix: "Write its Hugging Face id, such as Qwen/Qwen2.5-7B-Instruct-AWQ",
          },
        ];
      }
      const catalogued = findModel(model);
      if (catalogued === undefined && modelNumbers === undefined) {
        return [
          {
            path: ["model"],
            problem: "the catalogue has no numbers of this model, and modelNumbers gives none",
            fix: fixForUnknown(model),
          },
        ];
      }
      return catalogued !== undefined && modelNumbers !== undefined
        ? [
            {
              path: ["modelNumbers"],
              found: undefined,
              problem: `modelNumbers is for a model that is in no catalogue, and ${model} is in it`,
              fix: "Remove modelNumbers, or name the model that it belongs to",
            },
          ]
        : [];
    },
  },
  {
    reads: ["model", "modelNumbers", "revision", "tokenizerRevision"],
    findings: ({ revision, tokenizerRevision }, { isOwn, resolved: { model } }) => {
      const ofAnother = (["revision", "tokenizerRevision"] as const).filter(
        (key) => ({ revision, tokenizerRevision })[key] !== undefined && isOwn("model") && !isOwn(key),
      );
      return [
        ...ofAnother.map((key) => ({
          path: [key],
          problem: "is shared by all modes, and a commit belongs to the repository of one model",
          fix: "Write it beside the model that it belongs to",
        })),
        ...(tokenizerRevision !== undefined && model !== undefined && model.tokenizer === undefined
          ? [
              {
                path: ["tokenizerRevision"],
                problem: `the tokenizer of ${model.id} lies in the model's own repository`,
                fix: "Remove it; revision pins both",
              },
            ]
          : []),
      ];
    },
  },
  {
    reads: ["modelNumbers"],
    findings: ({ modelNumbers }) => {
      const least = modelNumbers === undefined ? 0 : leastWeightBytes(modelNumbers);
      return modelNumbers !== undefined && quantityValue(modelNumbers.weightBytes) < least
        ? [
            {
              path: ["modelNumbers", "weightBytes"],
              problem: `is too little: the ${modelNumbers.layers} layers alone are ${least} bytes at one bit a weight`,
              fix: "Write the sum of the weight files with its unit, such as 5.2Gi",
            },
          ]
        : [];
    },
  },
  {
    reads: ["serve", "model", "modelNumbers", "maxModelLen"],
    findings: ({ serve, maxModelLen }, { resolved: { model } }) =>
      serve && model !== undefined && maxModelLen > model.maxContext
        ? [
            {
              path: ["maxModelLen"],
              found: maxModelLen,
              problem: `${model.id} was made for at most ${model.maxContext} tokens`,
              fix: `Set it to ${model.maxContext} or less`,
            },
          ]
        : [],
  },
  {
    reads: ["serve", "model", "modelNumbers", "reasoningParser", "image"],
    findings: ({ serve, reasoningParser }, { resolved: { model, version } }) => {
      if (!serve || !reasoningParser || model === undefined) {
        return [];
      }
      if (model.reasoningParser === undefined) {
        return [
          {
            path: ["reasoningParser"],
            problem: `${model.id} has no parser for a chain of thought`,
            fix: "Remove it, set it only for the mode whose model reasons, or name the parser as modelNumbers.reasoningParser",
          },
        ];
      }
      return version !== undefined && !isAtLeast(version, firstReasoningEngine)
        ? [
            {
              path: ["reasoningParser"],
              problem: `the engine ${versionText(version)} cannot split a chain of thought from the answer`,
              fix: `Remove it, or take an image from ${firstReasoningEngine} on`,
            },
          ]
        : [];
    },
  },
];
