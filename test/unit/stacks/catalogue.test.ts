// Does not prove that the published files have not changed since, nor that an image holds what its tag promises.
import assert from "node:assert/strict";
import fc from "fast-check";
import { brandOf, requirementBrands } from "../../../stacks/catalogue/brands.ts";
import {
  branchOfCuda,
  cudaOfBranch,
  cudaText,
  parseCuda,
  requirementOf,
} from "../../../stacks/catalogue/cuda.ts";
import { imageFacts } from "../../../stacks/catalogue/images.ts";
import { type Model, models } from "../../../stacks/catalogue/models.ts";
import { missingTag, releases, tagOf } from "../../../stacks/catalogue/releases.ts";
import { usableBytes } from "../../../stacks/catalogue/usable-memory.ts";
import { compareVersions, parseVersion } from "../../../stacks/vocabulary/version.ts";

const gibibyte = 1024 ** 3;

/** Bytes of a model's tensors in AWQ: 4-bit numbers, per 128 of them a 4-bit zero and a 16-bit scale; the rest in 16 bits. */
function awqBytes(model: Model): number {
  const { hiddenSize: hidden, feedForwardSize: wide, keyValueHeads, headSize, vocabularySize } = model;
  const packed = (rows: number, width: number) => (rows * width) / 2 + (rows / 128) * width * 2.5;
  const keyValue = keyValueHeads * headSize;
  const layer = [
    packed(hidden, hidden) * 2,
    packed(hidden, keyValue) * 2,
    packed(hidden, wide) * 2,
    packed(wide, hidden),
  ].reduce((total, bytes) => total + bytes, 0);
  return layer * model.layers + 2 * vocabularySize * hidden * 2;
}

describe("the catalogue of models", () => {
  for (const model of models) {
    it(`${model.id}: the weights follow from the widths, and the source is named`, () => {
      // Norms and biases, which the sum leaves out, are far below a thousandth.
      assert.ok(Math.abs(awqBytes(model) / model.weightBytes - 1) < 0.001, String(awqBytes(model)));
      assert.match(model.source, /config\.json/);
      assert.equal(model.quantization, "awq_marlin");
      assert.equal(model.minimumComputeCapability, 7.5);
    });
  }

  it("agrees with the file sizes that the repositories list, in GB", () => {
    const listed = new Map([
      ["Qwen/Qwen2.5-7B-Instruct-AWQ", "5.57"],
      ["Qwen/Qwen2.5-14B-Instruct-AWQ", "9.98"],
      ["casperhansen/deepseek-r1-distill-qwen-7b-awq", "5.57"],
      ["casperhansen/deepseek-r1-distill-qwen-14b-awq", "9.98"],
      ["casperhansen/deepseek-r1-distill-llama-8b-awq", "5.73"],
      ["TheBloke/deepseek-coder-6.7B-instruct-AWQ", "3.89"],
    ]);
    for (const [id, size] of listed) {
      assert.equal(((models.find((model) => model.id === id)?.weightBytes ?? 0) / 1e9).toFixed(2), size, id);
    }
  });

  it("names each model once, and keeps the tokenizer that the reference setup's R1 needs", () => {
    assert.equal(new Set(models.map(({ id }) => id)).size, models.length);
    const r1 = models.find(({ id }) => id === "casperhansen/deepseek-r1-distill-qwen-7b-awq");
    assert.equal(r1?.tokenizer, "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B");
    assert.equal(r1?.reasoningParser, "deepseek_r1");
  });
});

describe("the catalogue of cards", () => {
  it("knows what an RTX 3060 really offers, and takes less than the total for others", () => {
    const card = { memoryMiB: 12_288, computeCapability: 8.6, desktopMiB: 0 };
    const offered = (name: string, usableGiB?: number) =>
      usableBytes({ ...card, name, ...(usableGiB === undefined ? {} : { usableGiB }) }) / gibibyte;
    assert.equal(offered("NVIDIA GeForce RTX 3060").toFixed(2), "11.76");
    assert.equal(offered("NVIDIA GeForce RTX 3060 Ti").toFixed(2), offered("some card").toFixed(2));
    assert.ok(offered("some card") < 11.76);
    assert.equal(offered("some card", 11.9).toFixed(2), "11.90");
  });

  it("tells a card's kind by its name", () => {
    const table: [string, string][] = [
      ["NVIDIA GeForce RTX 3060", "geforce"],
      ["NVIDIA TITAN RTX", "titan"],
      ["Quadro RTX 6000", "quadro"],
      ["NVIDIA RTX A4000", "rtx"],
      ["Tesla T4", "datacenter"],
      ["NVIDIA A100-SXM4-40GB", "datacenter"],
      ["NVIDIA T400", "unknown"],
      ["", "unknown"],
    ];
    for (const [name, kind] of table) {
      assert.equal(brandOf(name), kind, name);
    }
    assert.deepEqual(requirementBrands("geforce"), ["geforce", "geforcertx"]);
  });
});

describe("CUDA and drivers", () => {
  it("know which branch brings which CUDA", () => {
    const table: [number, string][] = [
      [535, "12.2"],
      [540, "12.2"],
      [570, "12.8"],
      [580, "13.0"],
      [590, "13.1"],
      [595, "13.2"],
      [610, "13.3"],
      [615, "13.4"],
      [999, "13.4"],
    ];
    for (const [branch, cuda] of table) {
      assert.equal(cudaText(cudaOfBranch(branch) ?? assert.fail()), cuda);
    }
    assert.equal(cudaOfBranch(390), undefined);
    assert.equal(branchOfCuda({ major: 12, minor: 9 }), 575);
    assert.equal(branchOfCuda({ major: 14, minor: 0 }), undefined);
  });

  it("name GeForce on 535 in the 12.4 image's requirement and in no later one", () => {
    const clause = "brand=geforce,driver>=535,driver<536";
    assert.ok(requirementOf({ major: 12, minor: 4 }).split(" ").includes(clause));
    for (const text of ["12.8", "12.9", "13.0"]) {
      const requirement = requirementOf(parseCuda(text) ?? assert.fail());
      assert.ok(requirement.startsWith(`cuda>=${text} brand=unknown,`));
      assert.ok(!requirement.includes("geforce"));
    }
    assert.equal(requirementOf({ major: 12, minor: 1 }), "cuda>=12.1");
  });

  it("know the driver branches that each image allows besides", () => {
    const branches = (text: string) => [
      ...new Set(
        [...requirementOf(parseCuda(text) ?? assert.fail()).matchAll(/driver>=(\d+)/g)].map(([, branch]) =>
          Number(branch),
        ),
      ),
    ];
    assert.deepEqual(branches("12.4"), [470, 525, 535]);
    assert.deepEqual(branches("12.8"), [470, 535, 550, 560, 565]);
    assert.deepEqual(branches("12.9"), [535, 550, 560, 565, 570]);
    assert.deepEqual(branches("13.0"), [535, 550, 565, 570, 575]);
  });
});

describe("the catalogue of images", () => {
  const facts = (tag: string, repository = "vllm/vllm-openai") => imageFacts({ repository, tag });

  it("knows CUDA, engine, metric names and answer field by tag", () => {
    const old = ["vllm:gpu_cache_usage_perc", "vllm:time_per_output_token_seconds", "reasoning_content"];
    const table: [string, string, string, string, string, string][] = [
      ["v0.4.2", "12.1", "V0", ...(old as [string, string, string])],
      ["v0.5.5", "12.4", "V0", ...(old as [string, string, string])],
      ["v0.8.5.post1", "12.4", "V1", ...(old as [string, string, string])],
      ["v0.9.0", "12.8", "V1", ...(old as [string, string, string])],
      [
        "v0.9.2",
        "12.8",
        "V1",
        "vllm:kv_cache_usage_perc",
        "vllm:time_per_output_token_seconds",
        "reasoning_content",
      ],
      [
        "v0.11.0",
        "12.8",
        "V1",
        "vllm:kv_cache_usage_perc",
        "vllm:inter_token_latency_seconds",
        "reasoning_content",
      ],
      ["v0.11.1", "12.9", "V1", "vllm:kv_cache_usage_perc", "vllm:inter_token_latency_seconds", "reasoning"],
      ["v0.20.0", "13.0", "V1", "vllm:kv_cache_usage_perc", "vllm:inter_token_latency_seconds", "reasoning"],
      [
        "v0.20.0-cu129",
        "12.9",
        "V1",
        "vllm:kv_cache_usage_perc",
        "vllm:inter_token_latency_seconds",
        "reasoning",
      ],
      [
        "v0.20.0-x86_64-cu129",
        "12.9",
        "V1",
        "vllm:kv_cache_usage_perc",
        "vllm:inter_token_latency_seconds",
        "reasoning",
      ],
    ];
    for (const [tag, cuda, generation, cache, latency, field] of table) {
      const found = facts(tag) ?? assert.fail(tag);
      assert.deepEqual(
        [
          cudaText(found.cuda),
          found.generation,
          found.metrics.keyValueCacheUsage,
          found.metrics.timePerOutputToken,
        ],
        [cuda, generation, cache, latency],
        tag,
      );
      assert.equal(found.reasoningField, field, tag);
    }
  });

  it("has a source for every release, newest first", () => {
    const versions = releases.map((release) => parseVersion(release) ?? assert.fail(release));
    for (const [index, version] of versions.entries()) {
      const next = versions[index + 1];
      assert.ok(next === undefined || compareVersions(version, next) > 0);
    }
    for (const release of releases) {
      assert.ok((facts(tagOf(release))?.source ?? "") !== "", release);
    }
  });

  it("says when a tag is newer than the table, and knows the bad ones", () => {
    assert.deepEqual(
      ["v0.31.0", "v0.33.0", "v0.33.1", "v1.0.0"].map((tag) => facts(tag)?.untested),
      [false, false, true, true],
    );
    for (const tag of ["v0.15.0", "v0.15.1", "v0.16.0"]) {
      assert.match(facts(tag)?.knownBad?.reason ?? "", /Error 803/, tag);
    }
    for (const tag of ["v0.11.1", "v0.12.0", "v0.14.1"]) {
      assert.equal(facts(tag)?.knownBad?.worksFromDriver, "575", tag);
    }
    assert.deepEqual(
      ["v0.11.0", "v0.17.0"].map((tag) => facts(tag)?.knownBad),
      [undefined, undefined],
    );
  });

  it("knows which tags there are, and what was meant by one that there is not", () => {
    const table: [tag: string, meant: string | undefined][] = [
      ["v0.8.5.post1", undefined],
      ["v0.33.0", undefined],
      ["v0.14.1-cu130", undefined],
      ["v0.20.0-cu129", undefined],
      ["v0.20.0-x86_64-cu129", undefined],
      ["v0.20.0-cu129-ubuntu2404", undefined],
      // Newer than the table, no release, or somebody's own: nothing is known against them.
      ["v0.34.0", undefined],
      ["v0.11.0rc2", undefined],
      ["latest", undefined],
      ["v0.8.5-mine", undefined],
      ["0.8.5.post1", "v0.8.5.post1"],
      ["0.20.0-cu129", "v0.20.0-cu129"],
      ["v0.8", "v0.8.0"],
      ["v0.8.5-post1", "v0.8.5.post1"],
      ["v0.8.5.post9", "v0.8.5.post1"],
      ["v0.8.6", "v0.8.5"],
      ["v0.8.5.post1-cu118", "v0.8.5.post1"],
      ["v0.33.0-cu129", "v0.33.0"],
      ["v0.12.0-cu130", "v0.12.0"],
    ];
    for (const [tag, meant] of table) {
      assert.equal(missingTag(tag)?.meant, meant, tag);
    }
    assert.match(
      missingTag("v0.8.5.post1-cu118")?.problem ?? "",
      /^vLLM 0\.8\.5\.post1 has no image with cu118$/,
    );
  });

  it("takes an unknown image by the numbers of the stack file, and none without them", () => {
    assert.equal(facts("latest"), undefined);
    assert.equal(facts("v0.8.5", "registry.example.org/my-server"), undefined);
    const given = imageFacts({ repository: "my-server", tag: "latest", version: "0.8.5", cuda: "12.4.1" });
    assert.equal(cudaText(given?.cuda ?? assert.fail()), "12.4");
    assert.equal(facts("v0.8.5", "docker.io/vllm/vllm-openai")?.generation, "V1");
  });

  it("answers any text without a throw", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.option(fc.string()),
        fc.option(fc.string()),
        (repository, tag, version, cuda) => {
          const found = imageFacts({
            repository,
            tag,
            ...(version === null ? {} : { version }),
            ...(cuda === null ? {} : { cuda }),
          });
          assert.ok(found === undefined || found.requirement.startsWith("cuda>="));
        },
      ),
    );
  });
});
