// Does not prove that a card holds what is said, nor how the command line reads the question.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { type Answer, answerLines, planQuestion, type Question } from "../../../stacks/ask.ts";
import { findCard } from "../../../stacks/catalogue/cards.ts";
import { listModes, planFromFiles } from "../../../stacks/index.ts";
import { refusalOf, servedModel, withNeeded } from "./support.ts";

const project = fileURLToPath(new URL("../../..", import.meta.url));
const large = "Qwen/Qwen2.5-14B-Instruct-AWQ";
const ask = (question: Question): Answer => planQuestion(project, question);

/** A folder whose modes share nothing. */
function newProject(): string {
  const folder = mkdtempSync(join(tmpdir(), "vllm-platform-ask-"));
  writeFileSync(join(folder, "Pulumi.yaml"), "name: vllm-platform\n");
  return folder;
}

describe("the question whether something would work", () => {
  it("about a shipped mode is answered as the mode's own plan is", () => {
    for (const mode of listModes(project).filter((one) => one !== "gaming")) {
      const { gates } = planFromFiles(project, mode);
      const { works, memory, driver } = ask({ mode });
      assert.deepEqual(
        { works, memory, driver },
        { works: true, memory: gates.memory, driver: gates.driver },
      );
    }
  });

  it("about nothing is about the default mode", () => {
    assert.deepEqual(ask({}), ask({ mode: "ml" }));
  });

  it("about a mode without a server needs no gate", () => {
    const answer = ask({ mode: "gaming" });
    assert.deepEqual(answer, { mode: "gaming", serves: false, works: true, faults: [], warnings: [] });
    assert.deepEqual(answerLines(answer), [
      "mode gaming runs no server, so it needs no memory of the card and no driver",
    ]);
  });

  it("names the gateway's URLs, what clients ask for there, and who answers in that mode", () => {
    const folder = newProject();
    const gateway = { enabled: true, host: "llm.home.example.org" };
    try {
      const files = { own: { model: servedModel, gateway }, free: { serve: false, gateway } };
      const lines = Object.entries(files).map(([mode, config]) => {
        writeFileSync(join(folder, `Pulumi.${mode}.yaml`), stringify({ config: withNeeded(config) }));
        const answer = planQuestion(folder, { mode });
        assert.deepEqual(answer.gateway, {
          url: "https://llm.home.example.org/v1",
          inCluster: "http://llm-gateway.ml.svc.cluster.local/v1",
          model: "default",
          cpuModel: "llama3.2:1b",
        });
        return answerLines(answer);
      });
      const urls = [
        "gateway: https://llm.home.example.org/v1",
        "  in the cluster http://llm-gateway.ml.svc.cluster.local/v1",
      ];
      const [own = [], free = []] = lines;
      assert.deepEqual(own.slice(own.indexOf(urls[0] ?? ""), own.indexOf("safety:")), [
        ...urls,
        "  clients ask for default; answered by the server, and by Ollama on the CPU",
        "    (llama3.2:1b) while the GPU is away",
      ]);
      assert.deepEqual(free.slice(-3), [
        ...urls,
        "  clients ask for default; answered by Ollama on the CPU (llama3.2:1b)",
      ]);
      assert.equal(ask({}).gateway, undefined);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("about a model that does not fit is answered with numbers and fix, by the options to change", () => {
    const answer = ask({ model: large });
    assert.equal(answer.works, false);
    assert.equal(answer.memory?.alternatives?.context, answer.memory?.largestContext.tokens);
    assert.deepEqual(
      answer.faults.map(({ where, key }) => [where, key]),
      [["--context", "maxModelLen"]],
    );
    const text = answerLines(answer).join("\n");
    assert.match(text, /^memory: Qwen\/Qwen2\.5-14B-Instruct-AWQ on NVIDIA GeForce RTX 3060$/m);
    assert.match(text, /^ {2}does not fit; longest context 3392 tokens$/m);
    assert.match(text, /^refused:\n {2}--context: maxModelLen \(found: 8192\): /m);
    assert.match(
      text.replaceAll(/\n +/g, " "),
      /Set maxModelLen to 3392 or less, or take a model that fits: Qwen/,
    );
  });

  it("ends with what others may do, and with what may be another thing tomorrow", () => {
    const lines = answerLines(ask({ mode: "r1" }))
      .join("\n")
      .replaceAll(/\n {4,}/g, " ");
    assert.match(
      lines,
      /^safety:\n {2}known: one request of somebody who is let in can end vLLM 0\.8\.5\.post1 \(/m,
    );
    assert.match(
      lines,
      /^ {2}not pinned: the image \(image\.digest\), the model \(revision\), its tokenizer \(tokenizerRevision\)$/m,
    );
    assert.deepEqual(ask({ mode: "r1" }).safety?.warnings, []);
  });

  it("names the file where only the file says it", () => {
    const answer = ask({ mode: "r1", model: large });
    assert.deepEqual(
      answer.faults.map(({ where, key }) => [where, key]),
      [["Pulumi.r1.yaml", "maxModelLen"]],
    );
  });

  it("about another card takes that card, and the node's driver", () => {
    const answer = ask({ model: large, gpu: "rtx 4090", context: 32_768 });
    assert.equal(answer.works, true);
    assert.equal(answer.memory?.budget.card, "NVIDIA GeForce RTX 4090");
    assert.equal(answer.memory?.budget.context, 32_768);
    assert.match(answer.driver?.reason ?? "", /^driver 535\.274\.02 /);
    const turing = ask({ mode: "ml", gpu: "T4" });
    assert.match(answerLines(turing).join("\n"), /^ {2}fits; .*\n {2}but the card lacks the kernels/m);
    assert.equal(turing.works, false);
  });

  it("about a model on a mode that serves none is about a server", () => {
    assert.equal(ask({ mode: "gaming", model: large }).serves, true);
  });

  it("with a card, model, mode or number that there is not is refused, by its option", () => {
    assert.match(
      refusalOf(() => ask({ gpu: "Voodoo 2" })).join(),
      /^--gpu \(found: "Voodoo 2"\): no card of this name is known here\. Name one as nvidia-smi does, such as /,
    );
    assert.match(
      refusalOf(() => ask({ model: "some/model" })).join(),
      /^--model: model \(found: "some\/model"\)/,
    );
    assert.match(
      refusalOf(() => ask({ context: 5 })).join(),
      /^--context: maxModelLen \(found: 5\): must be/,
    );
    assert.match(refusalOf(() => ask({ context: 99_999 })).join(), /at most 32768 tokens\. Set it to 32768/);
    assert.match(
      refusalOf(() => ask({ mode: "nope" })).join(),
      /Pulumi\.nope\.yaml: the file does not exist/,
    );
  });

  it("is answered in 80 columns, and in plain data", () => {
    for (const question of [{}, { model: large }, { mode: "ml", gpu: "T4" }, { gpu: "RTX 5090" }]) {
      const answer = ask(question);
      assert.deepEqual(JSON.parse(JSON.stringify(answer)), answer);
      for (const line of answerLines(answer)) {
        assert.ok(line.length <= 80, line);
      }
    }
  });

  it("names a published fault once, where the route lets everybody in", () => {
    const folder = newProject();
    try {
      writeFileSync(
        join(folder, "Pulumi.own.yaml"),
        stringify({ config: withNeeded({ model: servedModel, route: { allowedRanges: ["0.0.0.0/0"] } }) }),
      );
      const { safety } = planQuestion(folder, { mode: "own" });
      const text = [...(safety?.warnings ?? []), safety?.limits].join("\n");
      const ids = text.match(/CVE-[\d-]+/g) ?? [];
      assert.match(text, /anybody on the internet can end the server: .*CVE-2026-34756/);
      assert.match(safety?.limits ?? "", /can end vLLM 0\.8\.5\.post1 \(CVE-2025-48956\)$/);
      assert.deepEqual(ids.toSorted(), [...new Set(ids)].sort());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("leaves a mode's own numbers out where another model is asked about", () => {
    const folder = newProject();
    try {
      const numbers =
        "{ weightBytes: 5Gi, layers: 28, keyValueHeads: 4, headSize: 128, maxContext: 32768, hiddenSize: 3584, feedForwardSize: 18944, vocabularySize: 152064, minimumComputeCapability: 7.5 }";
      writeFileSync(
        join(folder, "Pulumi.own.yaml"),
        `config: { vllm-platform:model: my/model, vllm-platform:modelNumbers: ${numbers}, vllm-platform:gpuNode: 5 }`,
      );
      assert.match(
        refusalOf(() => planQuestion(folder, { mode: "own", gpu: "3090" })).join(),
        /: gpuNode \(found: 5\)/,
      );
      writeFileSync(
        join(folder, "Pulumi.own.yaml"),
        stringify({ config: withNeeded({ model: "my/model", modelNumbers: parse(numbers) }) }),
      );
      assert.equal(planQuestion(folder, { mode: "own" }).memory?.budget.model, "my/model");
      assert.equal(planQuestion(folder, { mode: "own", model: large }).memory?.budget.model, large);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("cards by name", () => {
  it("are found by their full name, and by what people say", () => {
    const said: [string, string][] = [
      ["3060", "NVIDIA GeForce RTX 3060"],
      ["rtx4060ti", "NVIDIA GeForce RTX 4060 Ti"],
      ["GeForce RTX 5090", "NVIDIA GeForce RTX 5090"],
      ["RTX 4080 SUPER", "NVIDIA GeForce RTX 4080 SUPER"],
      ["4070 laptop", "NVIDIA GeForce RTX 4070 Laptop GPU"],
      ["RTX PRO 6000", "NVIDIA RTX PRO 6000 Blackwell Workstation Edition"],
      ["RTX 6000 Ada", "NVIDIA RTX 6000 Ada Generation"],
      ["gtx 1080 ti", "NVIDIA GeForce GTX 1080 Ti"],
      ["V100 16GB", "Tesla V100-PCIE-16GB"],
      ["NVIDIA A100-SXM4-40GB", "NVIDIA A100-SXM4-40GB"],
      ["l4", "NVIDIA L4"],
      ["A100", "NVIDIA A100 80GB PCIe"],
      ["h100-80gb", "NVIDIA H100 80GB HBM3"],
    ];
    for (const [short, name] of said) {
      assert.equal(findCard(short)?.name, name, short);
    }
    const sizes: [string, number | undefined][] = [
      ["RTX 3060", 12_288],
      ["RTX 3060 12GB", 12_288],
      ["RTX 3060 8GB", 8192],
      ["rtx 3060 24gb", undefined],
      ["RTX 4060 Ti 8 GB", 8188],
      ["RTX 4060 Ti 16GB", 16_380],
      ["RTX 3080", 10_240],
      ["L4 24GB", 23_034],
    ];
    for (const [short, memoryMiB] of sizes) {
      assert.equal(findCard(short)?.memoryMiB, memoryMiB, short);
    }
    for (const other of ["", "rtx", "3061", "nvidia"]) {
      assert.equal(findCard(other), undefined, other);
    }
  });
});
