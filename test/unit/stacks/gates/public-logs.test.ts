// Holds the room for the KV cache against public start logs of dense models, with usable memory as each log or nvidia-smi
// tells it. Does not prove that a log's unstated settings were vLLM's defaults, which is assumed where a row does not say.
import assert from "node:assert/strict";
import { type Card, findCard } from "../../../../stacks/catalogue/cards.ts";
import type { Model } from "../../../../stacks/catalogue/models.ts";
import { memoryBudget } from "../../../../stacks/gates/index.ts";
import { parseVersion } from "../../../../stacks/vocabulary/version.ts";
import { gibibyte } from "./fixtures.ts";

type Numbers = Pick<
  Model,
  "layers" | "keyValueHeads" | "headSize" | "hiddenSize" | "feedForwardSize" | "vocabularySize"
>;

const shape = (
  layers: number,
  keyValueHeads: number,
  hiddenSize: number,
  feedForwardSize: number,
  vocabularySize: number,
): Numbers => ({ layers, keyValueHeads, headSize: 128, hiddenSize, feedForwardSize, vocabularySize });

/** By each model's config.json. */
const shapes = {
  qwen2_3B: shape(36, 2, 2048, 11_008, 151_936),
  qwen2_7B: shape(28, 4, 3584, 18_944, 152_064),
  qwen2_14B: shape(48, 8, 5120, 13_824, 152_064),
  qwen3_0_6B: shape(28, 8, 1024, 3072, 151_936),
  qwen3_1_7B: shape(28, 8, 2048, 6144, 151_936),
  qwen3_4B: shape(36, 8, 2560, 9728, 151_936),
  qwen3_8B: shape(36, 8, 4096, 12_288, 151_936),
  qwen3_14B: shape(40, 8, 5120, 17_408, 151_936),
  llama2_7B: shape(32, 32, 4096, 11_008, 32_000),
  llama3_3B: shape(28, 8, 3072, 8192, 128_256),
  llama3_8B: shape(32, 8, 4096, 14_336, 128_256),
  phi4: shape(40, 10, 5120, 17_920, 100_352),
} as const;

interface Row {
  card: string;
  /** GiB as the engine's log gives it; left out where the card's memory is known only by nvidia-smi. */
  usableGiB?: number;
  model: keyof typeof shapes;
  /** GiB by "Model loading took". */
  weights: number;
  quantization?: string;
  version: string;
  share: number;
  context: number;
  sequences?: number;
  eager?: true;
  /** GiB by "Available KV cache memory", or tokens times bytes a token. */
  measured: number;
  /** Per cent that the reckoning may be below and above; 10 and 5 unless a row says why not. */
  within?: [below: number, above: number];
}

const rtx3060 = "NVIDIA GeForce RTX 3060";
const twelve = {
  card: rtx3060,
  usableGiB: 11.63,
  version: "0.20.0",
  share: 0.9,
  context: 8192,
  sequences: 5,
};
const awq = "awq_marlin";

const rows: readonly Row[] = [
  // A card of 12 GB with driver 595, CUDA graphs; nvidia-smi and logs. The version is not told; it counts graphs.
  { ...twelve, model: "qwen3_8B", weights: 5.71, quantization: awq, measured: 3.47 },
  { ...twelve, model: "qwen2_7B", weights: 5.2, quantization: awq, measured: 4.12 },
  { ...twelve, model: "qwen3_1_7B", weights: 3.22, measured: 6.54 },
  { ...twelve, model: "qwen3_0_6B", weights: 1.12, measured: 8.93 },
  // AIfred-Intelligence-Legacy, docs/vllm: 22,256 and 26,608 tokens.
  {
    ...{ card: rtx3060, usableGiB: 11.76, model: "qwen3_8B", weights: 5.68, quantization: awq },
    ...{ version: "0.11.0", share: 0.85, context: 16_384, measured: 3.06 },
  },
  {
    ...{ card: rtx3060, usableGiB: 11.76, model: "qwen3_8B", weights: 5.68, quantization: awq },
    ...{ version: "0.11.0", share: 0.9, context: 26_608, measured: 3.66 },
  },
  // A laptop under WSL, where the driver reserves nothing: 22,384 tokens.
  {
    ...{ card: "NVIDIA GeForce RTX 4070 Laptop GPU", usableGiB: 7.99, model: "qwen2_7B", weights: 5.29 },
    ...{ quantization: awq, version: "0.27.0", share: 0.86, context: 4096, sequences: 8, eager: true },
    measured: 1.2,
  },
  // Under WSL as well; falls back to V0.
  {
    ...{ card: "NVIDIA GeForce RTX 2060", usableGiB: 12, model: "qwen3_4B", weights: 7.56 },
    ...{ version: "0.8.5", share: 0.95, context: 10_000, sequences: 1, measured: 3.06 },
  },
  // Fall back to V0: 31.74 GiB at 32,768 tokens; 58,192 tokens.
  {
    ...{ card: "Tesla V100-SXM2-32GB", usableGiB: 31.74, model: "qwen2_7B", weights: 14.25 },
    ...{ version: "0.8.5", share: 0.9, context: 32_768, measured: 9.88 },
  },
  {
    ...{ card: "Tesla T4", usableGiB: 14.74, model: "llama3_3B", weights: 6.016 },
    ...{ version: "0.8.2", share: 0.894, context: 2048, sequences: 192, measured: 6.22 },
  },
  // vfarcic/inference-demo: 22,880 tokens; then quantized by the engine.
  {
    ...{ card: "NVIDIA L4", usableGiB: 22.03, model: "qwen3_8B", weights: 15.27 },
    ...{ version: "0.27.1", share: 0.9, context: 8192, measured: 3.14 },
  },
  {
    ...{ card: "NVIDIA L4", usableGiB: 22.03, model: "qwen3_8B", weights: 9.06 },
    ...{ version: "0.27.1", share: 0.9, context: 8192, measured: 9.26 },
  },
  // A workshop's post on A10G: 49,696 tokens.
  {
    ...{ card: "NVIDIA A10G", model: "qwen2_14B", weights: 9.38, quantization: awq },
    ...{ version: "0.19.1", share: 0.9, context: 4096, measured: 9.1 },
  },
  // NousResearch/Hermes-3-Llama-3.1-8B: 30,960 tokens; the version is not told.
  {
    ...{ card: "NVIDIA GeForce RTX 3090", model: "llama3_8B", weights: 14.9889, eager: true },
    ...{ version: "0.13.0", share: 0.85, context: 16_384, measured: 3.78 },
  },
  // Qwen3-8B with 240,544 tokens.
  {
    ...{ card: "NVIDIA L40S", model: "qwen3_8B", weights: 5.7088, quantization: awq },
    ...{ version: "0.10.2", share: 0.9, context: 4096, measured: 33.03 },
  },
  {
    ...{ card: "NVIDIA L40S", usableGiB: 44.4, model: "qwen3_14B", weights: 9.38, quantization: awq },
    ...{ version: "0.11.0", share: 0.9, context: 8192, measured: 29.15 },
  },
  {
    ...{ card: "NVIDIA L40S", usableGiB: 44.4, model: "qwen3_14B", weights: 27.52 },
    ...{ version: "0.11.0", share: 0.9, context: 8192, measured: 11 },
  },
  {
    ...{ card: "NVIDIA RTX A6000", usableGiB: 47.37, model: "llama3_8B", weights: 14.99 },
    ...{ version: "0.16.0", share: 0.9, context: 8192, measured: 26.43 },
  },
  // vllm PR 57047.
  {
    ...{ card: "NVIDIA RTX 6000 Ada Generation", usableGiB: 47.37, model: "qwen3_4B", weights: 2.5 },
    ...{ quantization: awq, version: "0.30.0", share: 0.85, context: 8192, measured: 36.88 },
  },
  {
    ...{ card: "NVIDIA H100 80GB HBM3", usableGiB: 79.25, model: "llama3_8B", weights: 14.99 },
    ...{ version: "0.31.0", share: 0.92, context: 8192, sequences: 1024, measured: 56.21 },
  },
  // All heads have keys and values of their own: 119,536 tokens.
  {
    ...{ card: "NVIDIA A100-SXM4-80GB", usableGiB: 79.25, model: "llama2_7B", weights: 12.55 },
    ...{ version: "0.11.0", share: 0.9, context: 2048, measured: 58.37 },
  },
  {
    ...{ card: "NVIDIA A100-SXM4-40GB", model: "llama3_8B", weights: 5.34, quantization: awq },
    ...{ version: "0.5.5", share: 0.9, context: 512, measured: 29 },
  },
  {
    ...{ card: "NVIDIA A100-SXM4-40GB", model: "llama3_8B", weights: 5.35, quantization: "gptq_marlin" },
    ...{ version: "0.5.5", share: 0.9, context: 512, measured: 29.02 },
  },
  // A small part of a large card: 11,440 tokens.
  {
    ...{ card: "NVIDIA H100 80GB HBM3", usableGiB: 79.25, model: "phi4", weights: 8.51 },
    ...{ quantization: "gptq_marlin", version: "0.6.5", share: 0.15, context: 2048, measured: 2.18 },
  },
  // vLLM as a library, which works on 8192 tokens at once where the server works on 2048.
  {
    ...{ card: "NVIDIA GeForce RTX 3090", model: "qwen2_7B", weights: 14.25 },
    ...{ version: "0.8.4", share: 0.9, context: 4096, measured: 5.22, within: [10, 8] },
  },
];

function budgetOf(row: Row) {
  const found: Card = findCard(row.card) ?? assert.fail(row.card);
  return memoryBudget({
    model: {
      ...{ id: row.model, ...shapes[row.model], weightBytes: Math.round(row.weights * gibibyte) },
      ...(row.quantization === undefined ? {} : { quantization: row.quantization }),
      ...{ maxContext: 131_072, minimumComputeCapability: 7, source: "config.json and start log" },
    },
    version: parseVersion(row.version) ?? assert.fail(row.version),
    card: { ...found, ...(row.usableGiB === undefined ? {} : { usableGiB: row.usableGiB }) },
    context: row.context,
    maxNumSeqs: row.sequences ?? 256,
    gpuMemoryUtilization: row.share,
    enforceEager: row.eager ?? false,
  });
}

describe("the room for the KV cache", () => {
  for (const row of rows) {
    const [below, above] = row.within ?? [10, 5];
    it(`${row.model} (${row.quantization ?? "16 bits"}) by ${row.version} on ${row.card}, share ${row.share}: ${row.measured} GiB`, () => {
      const { keyValueTokens, bytesPerToken, restLeft, loadingLeft } = budgetOf(row);
      const reckoned = (keyValueTokens * bytesPerToken) / gibibyte;
      const off = (reckoned / row.measured - 1) * 100;

      assert.ok(off >= -below && off <= above, `${reckoned.toFixed(2)} GiB is ${off.toFixed(1)} % off`);
      // All of these started.
      assert.ok(restLeft >= 0 && loadingLeft >= 0, `${restLeft} and ${loadingLeft} bytes are missing`);
    });
  }
});

describe("what did not start there", () => {
  const ours: Row = {
    ...{ card: rtx3060, usableGiB: 11.76, model: "qwen3_8B", weights: 5.68, quantization: awq },
    ...{ version: "0.11.0", share: 0.9, context: 32_768, measured: 3.66 },
  };

  it("is refused: 32,768 tokens where 26,608 start, and the same card at 0.95", () => {
    assert.equal(budgetOf(ours).fits, false);
    assert.equal(budgetOf({ ...ours, context: 22_256, share: 0.95 }).fits, false);
  });

  it("is refused: a 14B model on half an A10G, which had 976 tokens", () => {
    const half: Row = {
      ...{ card: "NVIDIA A10G", model: "qwen2_14B", weights: 9.38, quantization: awq },
      ...{ version: "0.19.1", share: 0.5, context: 16_384, measured: 0.18 },
    };
    assert.equal(budgetOf(half).fits, false);
  });

  it("is refused: a 14B model in AWQ that a card of 12 GB cannot load with newer engines", () => {
    const large: Row = { ...ours, usableGiB: 11.63, model: "qwen2_14B", weights: 9.29, context: 2048 };
    const budget = budgetOf({ ...large, version: "0.33.0", share: 0.95, sequences: 16, eager: true });
    assert.ok(budget.loadingLeft < 0 && !budget.fits);
    assert.ok(budgetOf({ ...large, version: "0.18.0" }).loadingLeft > 0);
  });
});
