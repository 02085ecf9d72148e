// Where the model is kept, it must find room.
import { quantityValue } from "../vocabulary/measures.ts";
import type { Rule } from "./rule.ts";

export const cacheRules: readonly Rule[] = [
  {
    reads: ["serve", "model", "modelNumbers", "cache.claim"],
    findings: ({ serve, cache: { claim } }, { resolved: { model } }) =>
      serve && claim !== undefined && model !== undefined && quantityValue(claim.size) < model.weightBytes
        ? [
            {
              path: ["cache", "claim", "size"],
              found: claim.size,
              problem: `is too small for the weights of ${model.id}, ${(model.weightBytes / 1024 ** 3).toFixed(2)} GiB, which are downloaded into it`,
              fix: "Write it like `size: 50Gi`, with room for the models of all modes",
            },
          ]
        : [],
  },
];
