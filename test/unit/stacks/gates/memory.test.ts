// Does not prove that the numbers hold on a card (measured.test.ts holds them against measurements), only that they
// hang together: what needs more never fits better, and the verdict says what the numbers say.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Model } from "../../../../stacks/catalogue/models.ts";
import {
  budgetLines,
  judgeMemory,
  type MemoryRequest,
  memoryBudget,
  overheads,
} from "../../../../stacks/gates/index.ts";
import { parseVersion } from "../../../../stacks/vocabulary/version.ts";
import { RefusedError } from "../../../../system/errors.ts";
import { homeLabCard, model, request } from "./fixtures.ts";

const file = "Pulumi.ml.yaml";
const releases = ["0.5.5", "0.6.4", "0.7.3", "0.8.5.post1", "0.9.2", "0.11.0", "0.14.1", "0.21.0"];

const anyModel: fc.Arbitrary<Model> = fc.record({
  id: fc.string({ maxLength: 60 }),
  weightBytes: fc.integer({ min: 1e8, max: 4e10 }),
  quantization: fc.constant("awq_marlin"),
  layers: fc.integer({ min: 1, max: 90 }),
  keyValueHeads: fc.integer({ min: 1, max: 64 }),
  headSize: fc.constantFrom(64, 128, 256),
  hiddenSize: fc.integer({ min: 256, max: 8192 }),
  feedForwardSize: fc.integer({ min: 512, max: 30_000 }),
  vocabularySize: fc.integer({ min: 1000, max: 260_000 }),
  maxContext: fc.integer({ min: 256, max: 200_000 }),
  minimumComputeCapability: fc.constantFrom(7.5, 8, 9),
  source: fc.constant("generated"),
});

/** Cards below 70 GiB: above, vLLM works on larger chunks, so that a larger card can indeed need more. */
const anyRequest: fc.Arbitrary<MemoryRequest> = fc.record({
  model: anyModel,
  version: fc.constantFrom(...releases).map((text) => parseVersion(text) ?? assert.fail(text)),
  card: fc.record({
    name: fc.constantFrom("NVIDIA GeForce RTX 3060", "NVIDIA GeForce RTX 4070", "Tesla T4"),
    memoryMiB: fc.integer({ min: 2048, max: 49_152 }),
    computeCapability: fc.constantFrom(7.5, 8.6, 8.9, 9),
    desktopMiB: fc.integer({ min: 0, max: 3000 }),
  }),
  context: fc.integer({ min: 1, max: 140_000 }),
  maxNumSeqs: fc.integer({ min: 1, max: 512 }),
  gpuMemoryUtilization: fc.integer({ min: 10, max: 98 }).map((hundredths) => hundredths / 100),
  enforceEager: fc.boolean(),
  keyValueBytes: fc.constantFrom(1, 2),
});

/** Requests near what fits, so that both verdicts are common. */
const likelyRequest = anyRequest.map(
  (any): MemoryRequest => ({
    ...any,
    model: {
      ...any.model,
      weightBytes: Math.round(any.card.memoryMiB * 1024 ** 2 * ((any.model.weightBytes % 97) / 110)),
    },
  }),
);

/** Whether both contexts are worked on in the same way: V0 cuts prompts into chunks above 32768 tokens and needs less. */
function sameRegime(asked: MemoryRequest, a: number, b: number): boolean {
  const limit = memoryBudget(asked).engine.wholePromptsUpTo;
  return a <= limit === b <= limit;
}

const needed = (asked: MemoryRequest): number => {
  const { share, left } = memoryBudget(asked);
  return share - left;
};

describe("the memory gate", () => {
  it("never needs less, and never fits better, with more context", () => {
    fc.assert(
      fc.property(likelyRequest, fc.integer({ min: 1, max: 140_000 }), (asked, other) => {
        const [less, more] = [Math.min(asked.context, other), Math.max(asked.context, other)];
        fc.pre(sameRegime(asked, less, more));
        assert.ok(needed({ ...asked, context: less }) <= needed({ ...asked, context: more }));
        const { fits } = memoryBudget({ ...asked, context: more });
        assert.ok(!fits || memoryBudget({ ...asked, context: less }).fits);
      }),
    );
  });

  it("never needs less, and never fits better, with more weights or more requests at once", () => {
    fc.assert(
      fc.property(likelyRequest, fc.nat(5e9), fc.nat(300), (asked, bytes, sequences) => {
        const weightBytes = asked.model.weightBytes + bytes;
        for (const more of [
          { ...asked, model: { ...asked.model, weightBytes } },
          { ...asked, maxNumSeqs: asked.maxNumSeqs + sequences },
        ]) {
          assert.ok(needed(asked) <= needed(more));
          assert.ok(!memoryBudget(more).fits || memoryBudget(asked).fits);
        }
      }),
    );
  });

  it("never fits better on a smaller card, or beside a larger desktop", () => {
    fc.assert(
      fc.property(likelyRequest, fc.nat(8000), (asked, mebibytes) => {
        const { card } = asked;
        for (const worse of [
          { ...card, memoryMiB: Math.max(1, card.memoryMiB - mebibytes) },
          { ...card, desktopMiB: card.desktopMiB + mebibytes },
        ]) {
          assert.ok(!memoryBudget({ ...asked, card: worse }).fits || memoryBudget(asked).fits);
        }
      }),
    );
  });

  it("names a largest context that fits, of which one block more does not", () => {
    let limitedByMemory = 0;
    fc.assert(
      fc.property(likelyRequest, (asked) => {
        const { tokens, limitedBy } = judgeMemory(asked, file).largestContext;
        const fitsAt = (context: number) => memoryBudget({ ...asked, context }).fits;
        assert.ok(tokens <= asked.model.maxContext);
        assert.ok(tokens === 0 || fitsAt(tokens));
        if (limitedBy === "memory") {
          limitedByMemory += 1;
          assert.ok(!fitsAt(tokens + 16));
        } else {
          assert.equal(tokens, asked.model.maxContext);
        }
      }),
    );
    assert.ok(limitedByMemory > 0);
  });

  it("says what the numbers say, and offers only what fits", () => {
    const seen = { fits: 0, refused: 0 };
    fc.assert(
      fc.property(likelyRequest, (asked) => {
        const { fits, budget, faults, alternatives } = judgeMemory(asked, file);
        seen[fits ? "fits" : "refused"] += 1;
        assert.equal(budget.fits, Math.min(budget.left, budget.restLeft, budget.loadingLeft) >= 0);
        assert.equal(fits, faults.length === 0);
        assert.equal(fits, alternatives === undefined);
        assert.ok(!fits || budget.fits);
        const { context, maxNumSeqs, enforceEager, gpuMemoryUtilization, models = [] } = alternatives ?? {};
        for (const change of [
          context === undefined ? undefined : { context },
          maxNumSeqs === undefined ? undefined : { maxNumSeqs },
          enforceEager === undefined ? undefined : { enforceEager },
          gpuMemoryUtilization === undefined ? undefined : { gpuMemoryUtilization },
          ...models.map((id) => ({ model: model(id) })),
        ]) {
          assert.ok(
            change === undefined || memoryBudget({ ...asked, ...change }).fits,
            JSON.stringify(change),
          );
        }
        assert.ok(models.every((id) => model(id).maxContext >= asked.context));
        assert.ok(context === undefined || context < asked.context);
        assert.ok(maxNumSeqs === undefined || maxNumSeqs < asked.maxNumSeqs);
      }),
    );
    assert.ok(seen.fits > 0 && seen.refused > 0, JSON.stringify(seen));
  });

  it("knows by version what counts against the share, and what lies beside it", () => {
    const beside = (version: string) =>
      memoryBudget(request("Qwen/Qwen3-8B-AWQ", version, 8192, { enforceEager: false }))
        .terms.filter(({ within }) => within === "rest")
        .map(({ name }) => name);
    assert.deepEqual(beside("0.7.3"), ["cudaGraphs", "cudaContext", "desktop"]);
    assert.deepEqual(beside("0.8.5.post1"), ["cudaGraphs"]);
    assert.deepEqual(beside("0.9.1"), ["cudaGraphs", "cudaContext", "desktop"]);
    assert.deepEqual(beside("0.19.1"), ["cudaGraphs", "cudaContext", "desktop"]);
    assert.deepEqual(beside("0.20.0"), ["cudaContext", "desktop"]);
  });

  it("works on larger chunks on large cards, by version and name", () => {
    const chunk = (version: string, usableGiB: number, name = "NVIDIA H100 80GB HBM3") =>
      memoryBudget(request("Qwen/Qwen3-8B-AWQ", version, 8192, { card: { ...homeLabCard, name, usableGiB } }))
        .engine.chunkTokens;
    assert.deepEqual([chunk("0.11.0", 69.9), chunk("0.11.0", 70)], [2048, 8192]);
    const a100 = "NVIDIA A100-SXM4-80GB";
    assert.deepEqual([chunk("0.8.5", 79, a100), chunk("0.9.0", 79, a100)], [8192, 2048]);
    assert.deepEqual([chunk("0.27.1", 178), chunk("0.28.0", 178)], [8192, 16_384]);
  });

  it("falls back to V0 on cards below 8.0 up to 0.10.1, and with an 8-bit KV cache below 9.0", () => {
    const generation = (version: string, computeCapability: number, keyValueBytes = 2) =>
      memoryBudget(
        request("Qwen/Qwen3-8B-AWQ", version, 8192, {
          ...{ card: { ...homeLabCard, computeCapability }, keyValueBytes },
        }),
      ).engine.generation;
    assert.deepEqual(
      [
        generation("0.8.0", 7.5),
        generation("0.10.1", 7),
        generation("0.10.2", 7.5),
        generation("0.8.0", 8.6),
      ],
      ["V0", "V0", "V1", "V1"],
    );
    assert.deepEqual(
      [generation("0.8.5", 8.6, 1), generation("0.8.5", 9, 1), generation("0.11.0", 8.6, 1)],
      ["V0", "V1", "V1"],
    );
  });

  it("takes what the driver of a card reserves from its memory, by what was measured or by its size", () => {
    const usable = (driverBranch?: number) =>
      memoryBudget({
        ...request("Qwen/Qwen3-8B-AWQ", "0.11.0", 8192),
        ...(driverBranch === undefined ? {} : { driverBranch }),
      }).usable /
      1024 ** 3;
    assert.deepEqual(
      [undefined, 535, 580, 595].map((branch) => usable(branch).toFixed(2)),
      ["11.76", "11.76", "11.76", "11.63"],
    );
  });

  it("takes other overheads where they are given", () => {
    const asked = request("Qwen/Qwen2.5-7B-Instruct-AWQ", "0.8.5.post1", 8192);
    const more = { ...asked, overheads: { nonTorch: overheads.nonTorch.value + 1024 ** 3 } };
    assert.equal(needed(more) - needed(asked), 1024 ** 3);
  });
});

describe("a refusal by memory", () => {
  it("has the numbers and the fix", () => {
    const asked = request("Qwen/Qwen2.5-14B-Instruct-AWQ", "0.8.5.post1", 8192, { maxNumSeqs: 16 });
    const { faults } = judgeMemory(asked, file);
    assert.equal(
      new RefusedError("Mode ml does not fit:", faults).message,
      [
        "Mode ml does not fit:",
        "  Pulumi.ml.yaml: maxModelLen (found: 8192): Qwen/Qwen2.5-14B-Instruct-AWQ with a context of 8192 tokens needs " +
          "11.70 GiB of NVIDIA GeForce RTX 3060, and the server's share is 10.58 GiB (0.9 of 11.76): weights 9.29, " +
          "KV cache 1.50, activations 0.22, kernels 0.20, CUDA context 0.25, desktop 0.24 GiB; that leaves room for " +
          "2096 tokens. Set maxModelLen to 2096 or less, or take a model that fits: Qwen/Qwen2.5-7B-Instruct-AWQ, " +
          "Qwen/Qwen3-8B-AWQ, casperhansen/deepseek-r1-distill-qwen-7b-awq, " +
          "casperhansen/deepseek-r1-distill-llama-8b-awq, TheBloke/deepseek-coder-6.7B-instruct-AWQ.",
      ].join("\n"),
    );
  });

  it("offers fewer requests at once only where that helps", () => {
    const tight = request("Qwen/Qwen3-8B-AWQ", "0.8.5.post1", 24_576);
    assert.ok((judgeMemory(tight, file).alternatives?.maxNumSeqs ?? 0) > 0);
    const hopeless = request("Qwen/Qwen2.5-14B-Instruct-AWQ", "0.8.5.post1", 8192);
    assert.equal(judgeMemory(hopeless, file).alternatives?.maxNumSeqs, undefined);
  });

  it("tells that what lies beside the share finds no room there", () => {
    const modest = request("Qwen/Qwen2.5-7B-Instruct-AWQ", "0.8.5", 8192, { gpuMemoryUtilization: 0.5 });
    const [fault] = judgeMemory(modest, file).faults;
    assert.deepEqual([fault?.key, fault?.found], ["gpuMemoryUtilization", 0.5]);
    const raised = /^Raise gpuMemoryUtilization to (0\.\d\d)/.exec(fault?.fix ?? "")?.[1];
    assert.ok(memoryBudget({ ...modest, gpuMemoryUtilization: Number(raised) }).fits);
    assert.ok(!memoryBudget({ ...modest, gpuMemoryUtilization: Number(raised) - 0.01 }).fits);
    const greedy = request("Qwen/Qwen3-8B-AWQ", "0.9.2", 8192, { gpuMemoryUtilization: 0.98 });
    const { faults, alternatives } = judgeMemory(greedy, file);
    assert.deepEqual(
      faults.map(({ key, found }) => [key, found]),
      [["gpuMemoryUtilization", 0.98]],
    );
    assert.equal(alternatives?.gpuMemoryUtilization, 0.95);
    assert.match(faults[0]?.problem ?? "", /does not start unless its whole share is free/);
  });

  it("tells that the card lacks the kernels: Marlin on Turing came with 0.14", () => {
    const card = { ...homeLabCard, name: "NVIDIA GeForce RTX 2080 Ti", computeCapability: 7.5 };
    const asked = request("Qwen/Qwen2.5-7B-Instruct-AWQ", "0.8.5.post1", 4096, { card });
    assert.match(
      judgeMemory(asked, file).faults[0]?.problem ?? "",
      /compute capability 8\.0 with vLLM 0\.8\.5\.post1, and NVIDIA GeForce RTX 2080 Ti has 7\.5/,
    );
    const newer = request("Qwen/Qwen2.5-7B-Instruct-AWQ", "0.14.1", 4096, { card });
    assert.ok(judgeMemory(newer, file).fits);
  });
});

describe("the budget as text", () => {
  it("is a table, a picture of the card and a sentence", () => {
    const verdict = judgeMemory(
      request("Qwen/Qwen2.5-7B-Instruct-AWQ", "0.8.5.post1", 8192, { maxNumSeqs: 16 }),
      file,
    );
    assert.deepEqual(budgetLines(verdict), [
      "memory: Qwen/Qwen2.5-7B-Instruct-AWQ on NVIDIA GeForce RTX 3060",
      "  vLLM 0.8.5.post1 (V1), 16 requests at once, no CUDA graphs",
      "  weights                   5.19 GiB",
      "  KV cache                  0.44 GiB  8192 tokens; there is room for 83312",
      "  activations               0.26 GiB",
      "  kernels                   0.20 GiB",
      "  CUDA context              0.25 GiB",
      "  desktop                   0.24 GiB",
      "  share                    10.58 GiB  0.9 of 11.76 GiB usable",
      "  left for more context     4.01 GiB",
      "  [WWWWWWWWWWWWWWWWWWWWWWWWWWKKKKKKKKKKKKKKKKKKKKKKKAoooo|......]",
      "  W weights  K KV cache  A activations  o other  . free  | end of the share",
      "  fits; longest context 32768 tokens, the model's own limit",
      "  nvidia-smi will show about 10838 MiB used after the start",
    ]);
  });

  it("never is wider than 80 columns, and can be printed as JSON", () => {
    fc.assert(
      fc.property(anyRequest, (asked) => {
        const verdict = judgeMemory(asked, file);
        assert.ok(budgetLines(verdict).every((line) => line.length <= 80));
        assert.deepEqual(JSON.parse(JSON.stringify(verdict)), verdict);
      }),
    );
  });
});
