// Does not prove that the gates judge rightly (test/unit/stacks/gates), only that plans ask them and what comes of it.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { budgetLines } from "../../../../stacks/gates/index.ts";
import { describePlan, listModes, type Plan, planFromFiles } from "../../../../stacks/index.ts";
import { podTemplate } from "../../../../stacks/manifests/pod.ts";
import { planTexts, refusalOf, servedModel } from "../support.ts";

const project = fileURLToPath(new URL("../../../..", import.meta.url));
const large = "Qwen/Qwen2.5-14B-Instruct-AWQ";
const setting = "nvidia-container-runtime.modes.legacy.cuda-compat-mode";

/** A file with these settings. */
const file = (settings: Record<string, unknown>): string =>
  stringify({
    config: Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [`vllm-platform:${key}`, value]),
    ),
  });

const ml = (settings: Record<string, unknown>): Plan =>
  planTexts("ml", "", { ml: file({ model: servedModel, ...settings }) });
const refused = (settings: Record<string, unknown>): string[] => refusalOf(() => ml(settings));

const environmentOf = (plan: Plan): unknown[] => {
  const { containers } = podTemplate(plan).spec as { containers: { env: unknown[] }[] };
  return containers.flatMap(({ env }) => env);
};

describe("the shipped modes", () => {
  it("pass both gates with the shipped card, driver and toolkit", () => {
    for (const mode of listModes(project)) {
      const { gates } = planFromFiles(project, mode);
      assert.deepEqual(gates.faults, [], mode);
      assert.equal(gates.memory.fits, true, mode);
      assert.equal(gates.driver.outcome, "runs", mode);
      assert.equal(gates.memory.budget.card, "NVIDIA GeForce RTX 3060");
      assert.equal(gates.memory.budget.usable, Math.floor(11.76 * 1024 ** 3));
    }
  });

  it("warn that the reference setup's container toolkit may prefer the image's libraries, and of nothing else", () => {
    for (const mode of listModes(project)) {
      const { warnings } = planFromFiles(project, mode).gates;
      assert.equal(warnings.length, 1, mode);
      assert.match(
        warnings[0] ?? "",
        /^Container toolkit 1\.18\.1 .* first start on this node, .* smokeTest: true\.$/,
      );
    }
  });
});

describe("a mode that cannot work", () => {
  it("is refused with the numbers where the model does not fit", () => {
    const shared = "config: { vllm-platform:gpuNode: { value: { card: { desktopMiB: 244 } } } }";
    assert.deepEqual(
      refusalOf(() => planTexts("ml", shared, { ml: file({ model: large }) })),
      [
        `Pulumi.ml.yaml: maxModelLen (found: 8192): ${large} with a context of 8192 tokens needs 11.70 GiB of ` +
          "NVIDIA GeForce RTX 3060, and the server's share is 10.58 GiB (0.9 of 11.76): weights 9.29, KV cache 1.50, " +
          "activations 0.22, kernels 0.20, CUDA context 0.25, desktop 0.24 GiB; that leaves room for 2096 tokens. " +
          `Set maxModelLen to 2096 or less, or take a model that fits: ${servedModel}, Qwen/Qwen3-8B-AWQ, ` +
          "casperhansen/deepseek-r1-distill-qwen-7b-awq, casperhansen/deepseek-r1-distill-llama-8b-awq, " +
          "TheBloke/deepseek-coder-6.7B-instruct-AWQ.",
      ],
    );
  });

  it("is refused by its model where no context would fit", () => {
    const [line = "", ...more] = refused({ model: large, gpuMemoryUtilization: 0.8 });
    assert.match(
      line,
      /^Pulumi\.ml\.yaml: model \(found: "Qwen\/Qwen2\.5-14B-Instruct-AWQ"\): .*not even one block/,
    );
    assert.deepEqual(more, []);
  });

  it("is refused where the image is too new for the driver, with the newest that runs", () => {
    assert.deepEqual(refused({ image: { tag: "v0.20.0" } }), [
      'Pulumi.ml.yaml: image.tag (found: "v0.20.0"): driver 535.274.02 (CUDA 12.2) is too old for the image\'s CUDA 13.0, ' +
        "which needs driver 580 or newer; NVIDIA GeForce RTX 3060 has no forward compatibility for it. " +
        "Install driver 580 or newer, or take the newest image that runs here, v0.8.5.post1.",
    ]);
  });

  it("is refused for everything at once: settings, memory, driver; each in the file where it is written", () => {
    const shared = "config: { vllm-platform:image: { value: { tag: v0.20.0 } }, vllm-platform:replicas: 0 }";
    const keys = refusalOf(() => planTexts("ml", shared, { ml: file({ model: large }) })).map(
      (line) => line.split(" (found")[0],
    );
    assert.deepEqual(keys, [
      "Pulumi.yaml: replicas",
      "Pulumi.ml.yaml: maxModelLen",
      "Pulumi.yaml: image.tag",
    ]);
  });

  it("is not judged by a setting that is faulty by itself", () => {
    for (const settings of [
      { maxModelLen: 40_000_000 },
      { maxModelLen: 32_769 },
      { image: { tag: "latest" } },
    ]) {
      const lines = refused({ model: large, ...settings });
      assert.ok(
        lines.every((line) => !/KV cache|driver 535/.test(line)),
        lines.join("\n"),
      );
    }
  });

  it("is told what the card lacks, from the card's own numbers", () => {
    const card = { name: "NVIDIA GeForce RTX 2080 Ti", memoryMiB: 11_264, computeCapability: 7.5 };
    assert.match(refused({ gpuNode: { card } }).join(), /model .*compute capability 8\.0 .* has 7\.5/);
    assert.match(
      refused({ gpuNode: { card: { memoryMiB: 8192, usableGiB: 11.76 } } }).join(),
      /gpuNode\.card\.usableGiB \(found: 11\.76\): is above gpuNode\.card\.memoryMiB, which is 8192/,
    );
  });
});

describe("the settings of the node and of the overheads", () => {
  it("take the usable memory from the card's size, and CUDA from the driver's branch, where nothing is said", () => {
    const { memory } = ml({
      gpuNode: { card: { name: "NVIDIA GeForce RTX 3090", memoryMiB: 24_576 } },
    }).gates;
    assert.equal((memory.budget.usable / 1024 ** 3).toFixed(2), "23.69");
    const newer = ml({ gpuNode: { driver: { version: "580.95.05" } }, image: { tag: "v0.20.0" } });
    assert.equal(newer.gates.driver.outcome, "runs");
  });

  it("change the reckoning of each overhead", () => {
    const { budget } = ml({}).gates.memory;
    const bytes = (plan: Plan, name: string) =>
      plan.gates.memory.budget.terms.find((term) => term.name === name)?.bytes;
    const mebibyte = 1024 ** 2;
    for (const name of ["cudaContext", "nonTorch", "cudaGraphs"]) {
      const plan = ml({ enforceEager: false, memoryOverheads: { [name]: "333Mi" } });
      assert.equal(bytes(plan, name), 333 * mebibyte);
    }
    // The sampler is what the activations' peak is made of only where many sequences are sorted at once.
    const copies = ml({ maxNumSeqs: 512, memoryOverheads: { samplerCopies: 3 } }).gates.memory.budget;
    assert.ok(copies.keyValueTokens > ml({ maxNumSeqs: 512 }).gates.memory.budget.keyValueTokens);
    const old = { image: { tag: "v0.5.5" } };
    assert.ok(
      ml({ ...old, memoryOverheads: { marlinReduceRows: 0 } }).gates.memory.budget.keyValueTokens >
        ml(old).gates.memory.budget.keyValueTokens,
    );
    assert.equal(ml({ memoryOverheads: {} }).gates.memory.budget.left, budget.left);
  });
});

describe("opting in", () => {
  const image = { tag: "v0.11.0" };
  const gpuNode = { driver: { allowUnsupported: true }, toolkit: { version: "1.18.1" } };

  it("is named by the refusal, with what it sets and what is to be set on the node", () => {
    assert.match(
      refused({ image }).join(),
      new RegExp(
        `or opt in by gpuNode\\.driver\\.allowUnsupported: true \\(the server then has NVIDIA_DISABLE_REQUIRE=1\\), and on the node ${setting.replaceAll(".", "\\.")} = "disabled"`,
      ),
    );
  });

  it("lets the image pass, and gives the container its environment", () => {
    const plan = ml({ image, gpuNode });
    assert.deepEqual(plan.gates.faults, []);
    assert.deepEqual(plan.server.environment, { NVIDIA_DISABLE_REQUIRE: "1" });
    assert.ok(
      environmentOf(plan).some(
        (one) => JSON.stringify(one) === '{"name":"NVIDIA_DISABLE_REQUIRE","value":"1"}',
      ),
    );
    assert.ok(
      describePlan(plan).includes(
        "  driver       535.274.02: vLLM 0.11.0 on CUDA 12.8 runs only if opted in to",
      ),
    );
    assert.match(plan.gates.warnings.join(), /not supported by NVIDIA/);
  });

  it("sets nothing where the image runs anyway, and helps no image that cannot run", () => {
    const plan = ml({ gpuNode });
    assert.deepEqual(plan.server.environment, {});
    assert.doesNotMatch(JSON.stringify(environmentOf(plan)), /NVIDIA_DISABLE_REQUIRE/);
    assert.equal(refused({ image: { tag: "v0.20.0" }, gpuNode }).length, 1);
  });
});

describe("arguments of the user's own that the memory gate does not know", () => {
  it("turn its refusal into a warning where they may lower the need", () => {
    const arguments_ = [
      ["--cpu_offload_gb=4"],
      ["--max-num-batched-tokens", "512"],
      ["--kv-cache-dtype", "nvfp4"],
    ];
    for (const extraArguments of arguments_) {
      const { faults, warnings } = ml({ model: large, extraArguments }).gates;
      assert.deepEqual(faults, []);
      assert.match(warnings[0] ?? "", /^The memory gate does not count --\S+ of extraArguments\.$/);
      assert.match(warnings[1] ?? "", /^Without --\S+ it would refuse: .*needs 11\.46 GiB/);
    }
  });

  it("are counted where they name 8 bits for the KV cache", () => {
    const bytes = (extraArguments: string[]) => {
      const { memory, warnings } = ml({ image: { tag: "v0.11.0" }, extraArguments, gpuNode: newer }).gates;
      return [
        memory.budget.bytesPerToken,
        warnings.filter((warning) => warning.includes("does not count")).length,
      ];
    };
    const newer = { driver: { version: "580.95.05" } };
    const [whole] = bytes([]);
    assert.deepEqual(bytes(["--kv-cache-dtype", "fp8"]), [Number(whole) / 2, 0]);
    assert.deepEqual(bytes(["--kv_cache_dtype=fp8_e5m2"]), [Number(whole) / 2, 0]);
    assert.deepEqual(bytes(["--kv-cache-dtype=auto"]), [whole, 0]);
    assert.deepEqual(bytes(["--kv-cache-dtype=fp8", "--kv-cache-dtype", "auto"]), [whole, 0]);
  });

  it("do not where the engine takes no notice of them", () => {
    const settings = { model: large, maxModelLen: 32_768, gpuNode: { driver: { version: "580.95.05" } } };
    const faults = (tag: string) =>
      refused({ ...settings, image: { tag }, extraArguments: ["--cpu-offload-gb", "4"] });
    assert.equal(faults("v0.27.1").length > 0, true);
    assert.deepEqual(
      ml({ ...settings, image: { tag: "v0.33.0" }, extraArguments: ["--cpu-offload-gb", "4"] }).gates.faults,
      [],
    );
  });

  it("do not where they can only raise it, nor where they are others", () => {
    assert.equal(refused({ model: large, extraArguments: ["--enable-lora"] }).length, 1);
    assert.equal(refused({ model: large, extraArguments: ["--seed", "1"] }).length, 1);
    const { warnings } = ml({ extraArguments: ["--enable-lora", "--seed", "1"] }).gates;
    assert.match(warnings[0] ?? "", /does not count --enable-lora of/);
  });

  it("are named as they are written", () => {
    const named = (...extraArguments: string[]) => ml({ extraArguments }).gates.warnings[0];
    assert.equal(
      named("--no-enable-chunked-prefill", "-O3", "--cpu_offload=4", "--seed", "1", "-O3"),
      "The memory gate does not count --no-enable-chunked-prefill, -O3, --cpu_offload of extraArguments.",
    );
  });
});

describe("a model whose layers the memory gate does not know", () => {
  // A public report: 65,536 tokens on an RTX 3090, where full attention in each of the 64 layers would take 16 GiB.
  const hybrid = {
    model: "nobody/hybrid-27b",
    maxModelLen: 65_536,
    gpuMemoryUtilization: 0.93,
    maxNumSeqs: 3,
    image: { tag: "v0.27.1" },
    gpuNode: {
      card: { name: "NVIDIA GeForce RTX 3090", memoryMiB: 24_576 },
      driver: { version: "580.95.05" },
    },
  };
  const numbers = {
    ...{ weightBytes: "16.5Gi", layers: 64, keyValueHeads: 4, headSize: 256, maxContext: 262_144 },
    ...{ hiddenSize: 5120, feedForwardSize: 17_408, vocabularySize: 248_320, minimumComputeCapability: 8 },
  };
  const other = { ...numbers, attention: "other" };

  it("is refused as if all were known, and told the way out", () => {
    assert.match(
      refused({ ...hybrid, modelNumbers: numbers }).join(),
      /maxModelLen.*room for \d+ tokens\. .*set modelNumbers\.attention to other\.$/,
    );
  });

  it("is not refused once that is said, and the warning says what to do", () => {
    const plan = ml({ ...hybrid, modelNumbers: other });
    assert.deepEqual(plan.gates.faults, []);
    assert.match(
      plan.gates.warnings.join(),
      /^How much KV cache nobody\/hybrid-27b needs is not known .* After the first start look for `GPU KV cache size`/,
    );
    const text = describePlan(plan).join("\n");
    assert.match(text, /the longest that fits is not known/);
    assert.doesNotMatch(text, /room for \d/);
  });

  it("is refused where even its weights find no room", () => {
    assert.match(
      refused({ ...hybrid, modelNumbers: { ...other, weightBytes: "30Gi" } }).join(),
      /hybrid-27b without any context needs .*: weights 30\.00, activations .*not even one block of KV cache/,
    );
  });

  it("is told what helps without a word of a context that nobody knows", () => {
    const tight = { ...hybrid, maxNumSeqs: 512, image: { tag: "v0.11.0" }, gpuMemoryUtilization: 0.8 };
    const [text = ""] = refused({ ...tight, modelNumbers: { ...other, weightBytes: "18Gi" } });
    assert.match(text, / set maxNumSeqs to \d+ or less/i);
    assert.doesNotMatch(text, /maxModelLen|attention|tokens/);
  });

  it("has no KV cache in the table of what it needs", () => {
    const { memory } = ml({ ...hybrid, modelNumbers: other }).gates;
    assert.doesNotMatch(budgetLines(memory).join("\n"), /^ +KV cache|room for/m);
  });
});

describe("a mode that leaves the GPU alone", () => {
  const gaming = file({ serve: false });

  it("is planned though its default mode could not serve, and says so in a note", () => {
    const tooLarge = file({ model: large, image: { tag: "v0.20.0" } });
    const plan = planTexts("gaming", "", { gaming, ml: tooLarge });
    assert.equal(plan.replicas, 0);
    const note = describePlan(plan).slice(3);
    const text = note.map((line) => line.trim()).join(" ");
    assert.match(text, /^note +mode ml would be refused for its maxModelLen: .* needs 11\.21 GiB/);
    assert.match(text, /mode ml would be refused for its image\.tag: driver 535/);
    assert.ok(describePlan(plan).every((line) => line.length <= 80));
    assert.throws(() => planTexts("ml", "", { gaming, ml: tooLarge }));
  });

  it("has no note where its default mode could", () => {
    assert.doesNotMatch(describePlan(planFromFiles(project, "gaming")).join(), /note|refused/);
  });

  it("has the very template of its default mode, opted in or not", () => {
    for (const allowUnsupported of [true, false]) {
      const shared = stringify({
        config: { "vllm-platform:gpuNode": { value: { driver: { allowUnsupported } } } },
      });
      const files = {
        gaming,
        ml: file({ model: servedModel, image: { tag: allowUnsupported ? "v0.11.0" : "v0.8.5" } }),
      };
      assert.deepEqual(planTexts("gaming", shared, files).server, planTexts("ml", shared, files).server);
    }
  });
});

describe("the verdicts in a plan", () => {
  it("are plain data, and no part of the hash", () => {
    const plan = ml({});
    assert.deepEqual(JSON.parse(JSON.stringify(plan.gates)), plan.gates);
    const other = ml({
      gpuNode: { card: { desktopMiB: 100 }, toolkit: { version: "1.20.0" } },
      memoryOverheads: { nonTorch: "1Gi" },
    });
    assert.notDeepEqual(other.gates, plan.gates);
    assert.equal(other.hash, plan.hash);
  });

  it("change the hash by the environment that an opt-in gives the container", () => {
    const image = { tag: "v0.11.0" };
    const legacy = ml({ image, gpuNode: { driver: { allowUnsupported: true } } });
    const byCdi = ml({ image, gpuNode: { driver: { allowUnsupported: true }, toolkit: { mode: "cdi" } } });
    assert.notEqual(legacy.hash, byCdi.hash);
  });
});
