// Does NOT prove that what is told is so; test/engine/verify.test.ts runs the command against a cluster.
import assert from "node:assert/strict";
import { verifyPlatform } from "../../../cli/verify/index.ts";
import { reportText } from "../../../cli/verify/words.ts";
import { openProject } from "../../../operations/project.ts";
import { measured, type Report } from "../../../operations/verify/base/report.ts";

const speed = {
  relation: "at least",
  value: 50,
  source: "the default model writes 50 tokens a second or more",
} as const;

const report: Report = {
  ...{
    mode: "ml",
    serves: true,
    way: "https://vllm.home.example.org",
    version: "0.8.5.post1",
  },
  simulated: null,
  checks: [
    { check: "health", state: "ok", found: "200" },
    { check: "stream", state: "failed", found: "the stream ends without [DONE]" },
    { check: "key", state: "skipped", found: "the mode asks for no key (apiKey)" },
  ],
  measurements: [
    measured("firstToken", "s", 0.0412, { note: "median of 3" }),
    measured("speed", "tokens/s", 47.34, { target: speed, note: "median of 3 streams" }),
    measured("keyValueCache", "tokens", 66_000, { reckoned: 69_300 }),
    measured("ollama", "s", new Error("there is no Service ollama in namespace ml"), {
      target: { relation: "less than", value: 5, source: "Ollama answers on the CPU in less than 5 s" },
    }),
  ],
};

describe("the words of a verification", () => {
  it("are a row for each check, and the table with targets, gates and reasons", () => {
    assert.deepEqual(reportText(report, { strict: false }), [
      "Mode ml by https://vllm.home.example.org, vLLM 0.8.5.post1",
      "",
      "✔ ok       /health          200",
      "✖ failed   chat, streamed   the stream ends without [DONE]",
      "– skipped  without the key  the mode asks for no key (apiKey)",
      "",
      "metric                        target                actual         met",
      "time to first token           –                     0.041 s        –    median of 3",
      "speed, one stream             at least 50 tokens/s  47.3 tokens/s  NO   the default model writes 50 tokens a second or more; median of 3 streams",
      "room for context              –                     66000 tokens   –    the gate reckoned 69300, 5.0 % too much",
      "Ollama CPU inference latency  less than 5 s         not measured   –    Ollama answers on the CPU in less than 5 s; there is no Service ollama in namespace ml",
      "",
      "1 of 3 checks ok, 1 FAILED, 1 skipped, 1 target missed, which fails only with --strict.",
    ]);
    assert.match(String(reportText(report, { strict: true }).at(-1)), /1 target missed\.$/);
  });

  it("say at the beginning and at the end that answers are simulated", () => {
    const lines = reportText({ ...report, simulated: "vllm-platform sandbox" }, { strict: false });
    const label = "SIMULATED by vllm-platform sandbox: no model and no GPU answered.";
    assert.deepEqual([lines[1], lines.at(-2)], [label, label]);
  });

  it("say of a mode that frees the GPU that nothing was asked of a server", () => {
    const idle: Report = {
      ...report,
      ...{ mode: "gaming", serves: false, version: null, measurements: [] },
      checks: [{ check: "idle", state: "ok", found: "no pod, and Service vllm-api leads nowhere" }],
    };
    assert.deepEqual(reportText(idle, { strict: false }), [
      "Mode gaming by https://vllm.home.example.org",
      "",
      "✔ ok       no server  no pod, and Service vllm-api leads nowhere",
      "",
      "Mode gaming serves nothing, and was not asked for answers. 1 of 1 checks ok.",
    ]);
  });

  it("keep what others wrote in its row", () => {
    const checks: Report["checks"] = [{ check: "models", state: "ok", found: "a\nMode x by y" }];
    assert.ok(
      reportText({ ...report, checks }, { strict: false }).includes("✔ ok       model names  a Mode x by y"),
    );
  });
});

describe("gpu-mode verify", () => {
  it("refuses --yes where there is no question", async () => {
    const { signal } = new AbortController();
    await assert.rejects(
      verifyPlatform(openProject({}), undefined, { yes: true, signal }),
      /--yes belongs to --failover\./,
    );
  });
});
