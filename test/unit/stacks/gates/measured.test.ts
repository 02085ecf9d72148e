// Holds the memory arithmetic against every measurement that is known. Does not prove that it holds for a model, a card
// or a version that nobody measured: of V1 only one case has numbers, and of V1 no count of KV blocks was written down.
import assert from "node:assert/strict";
import type { Card } from "../../../../stacks/catalogue/cards.ts";
import type { Model } from "../../../../stacks/catalogue/models.ts";
import { judgeMemory, memoryBudget } from "../../../../stacks/gates/index.ts";
import { bytesOf } from "../../../../stacks/gates/memory.ts";
import { gibibyte, mebibyte, near, request } from "./fixtures.ts";

const r1 = "casperhansen/deepseek-r1-distill-qwen-7b-awq";
const coder = "TheBloke/deepseek-coder-6.7B-instruct-AWQ";

/** Llama 3 and 3.1 8B in 16 bits: weights of 14.96 GiB by the start logs, the rest by config.json. */
const llama8B: Model = {
  id: "meta-llama/Meta-Llama-3.1-8B-Instruct",
  weightBytes: 14.96 * gibibyte,
  layers: 32,
  keyValueHeads: 8,
  headSize: 128,
  hiddenSize: 4096,
  feedForwardSize: 14_336,
  vocabularySize: 128_256,
  maxContext: 131_072,
  minimumComputeCapability: 7,
  source: "start logs and config.json",
};

describe("the reference setup's card, vLLM 0.5.5 (V0), context 8192, share 0.90", () => {
  it("R1 7B: 3135 KV blocks, about 8.5 GB used", () => {
    const { budget, fits } = judgeMemory(request(r1, "0.5.5", 8192), "Pulumi.r1.yaml");
    assert.ok(fits);
    near(budget.keyValueTokens, 3135 * 16, 10, "KV tokens");
    // The reference setup writes GB for GiB: with 12 blocks more, Qwen2.5 below takes 8754 MiB, which are 8.55 GiB.
    near(budget.usedAfterStart, 8.5 * gibibyte, 3, "used");
  });

  it("Qwen2.5 7B: 3147 KV blocks, 8754 MiB used", () => {
    const budget = memoryBudget(request("Qwen/Qwen2.5-7B-Instruct-AWQ", "0.5.5", 8192));
    near(budget.keyValueTokens, 3147 * 16, 10, "KV tokens");
    near(budget.usedAfterStart, 8754 * mebibyte, 3, "used");
  });

  it("DeepSeek-Coder 6.7B: 9820 MiB used", () => {
    const { budget, fits } = judgeMemory(request(coder, "0.5.5", 8192), "Pulumi.coder.yaml");
    assert.ok(fits);
    near(budget.usedAfterStart, 9820 * mebibyte, 3, "used");
  });

  for (const id of ["Qwen/Qwen2.5-14B-Instruct-AWQ", "casperhansen/deepseek-r1-distill-qwen-14b-awq"]) {
    it(`${id}: 9.4 GB of weights leave no KV block`, () => {
      const { budget, fits } = judgeMemory(request(id, "0.5.5", 8192), "Pulumi.ml.yaml");
      assert.equal(fits, false);
      assert.equal(budget.keyValueTokens, 0);
      near(bytesOf(budget.terms, "weights"), 9.38 * gibibyte, 3, "weights");
    });
  }
});

describe("the reference setup's card, vLLM 0.8.5.post1 (V1)", () => {
  it("Qwen3 8B at 16384: starts, 10,820 MiB used", () => {
    const { budget, fits } = judgeMemory(
      request("Qwen/Qwen3-8B-AWQ", "0.8.5.post1", 16_384),
      "Pulumi.ml.yaml",
    );
    assert.ok(fits);
    near(budget.usedAfterStart, 10_820 * mebibyte, 3, "used");
    assert.equal(Math.round(budget.share / mebibyte), 10_838);
  });

  it("14B is refused at 8192 here, too, also with few requests at once", () => {
    const few = { maxNumSeqs: 16 };
    const judged = judgeMemory(
      request("Qwen/Qwen2.5-14B-Instruct-AWQ", "0.8.5.post1", 8192, few),
      "Pulumi.ml.yaml",
    );
    assert.equal(judged.fits, false);
    assert.ok(judged.largestContext.tokens < 4096);
  });
});

describe("other cards", () => {
  // vllm issue 13882: a laptop's RTX 4060 under WSL, 0.7.x, context 4096.
  it("7B AWQ at 4096: weights 5.20 GiB, activations 1.42 GiB", () => {
    const { terms } = memoryBudget(request("Qwen/Qwen2.5-7B-Instruct-AWQ", "0.7.3", 4096));
    near(bytesOf(terms, "weights"), 5.2 * gibibyte, 3, "weights");
    near(bytesOf(terms, "activations"), 1.42 * gibibyte, 10, "activations");
  });

  // vllm PR 10511: Llama 3 8B at 8192 on a card of 79 GiB.
  it("Llama 3 8B at 8192: activations 1.26 GiB", () => {
    const { terms } = memoryBudget({ ...request(r1, "0.6.5", 8192), model: llama8B });
    near(bytesOf(terms, "activations"), 1.26 * gibibyte, 10, "activations");
  });

  // vllm issue 10517: an RTX 3090. Its logs fit an engine that counts what is allocated (from 0.6.4, the newest at that
  // time) and the four requests at once of its settings; the version of these very runs is not told.
  describe("Llama 3.1 8B on an RTX 3090, V0", () => {
    const card: Card = {
      name: "NVIDIA GeForce RTX 3090",
      memoryMiB: 24_576,
      computeCapability: 8.6,
      desktopMiB: 0,
    };
    const on = (context: number) => ({
      ...request(r1, "0.6.4", context, { card, maxNumSeqs: 4 }),
      model: llama8B,
    });
    const table: [number, number, boolean][] = [
      [20_000, 2.07, true],
      [29_000, 2.99, false],
      [35_000, 0.06, true],
    ];
    for (const [context, peak, starts] of table) {
      it(`${context} tokens: activations ${peak} GiB, ${starts ? "starts" : "does not start"}`, () => {
        const budget = memoryBudget(on(context));
        // The last is given to a single digit.
        near(bytesOf(budget.terms, "activations"), peak * gibibyte, peak < 1 ? 17 : 3, "activations");
        assert.equal(budget.fits, starts);
      });
    }

    it("offers for 29000 a shorter context, and knows that a longer one is cut into chunks and fits", () => {
      const verdict = judgeMemory(on(29_000), "Pulumi.yaml");
      const shorter = verdict.alternatives?.context ?? 0;
      assert.ok(shorter >= 20_000 && shorter < 29_000);
      assert.ok(verdict.largestContext.tokens > 35_000);
    });
  });
});
