// Does NOT prove that vLLM's own parser reads them so; it knows many more.
import assert from "node:assert/strict";
import { readServerArguments } from "../../../../../../lab/sandbox/stub/interface/arguments.ts";

describe("the stub's reading of a server's arguments", () => {
  const cases: [string, string[], Partial<ReturnType<typeof readServerArguments>>][] = [
    ["a flag and its value", ["--model", "a/b"], { model: "a/b", servedNames: ["a/b"] }],
    ["a flag with =", ["--model=a/b=c"], { model: "a/b=c" }],
    ["underscores", ["--max_model_len", "8192"], { maxModelLength: 8192 }],
    [
      "several served names",
      ["--model", "m", "--served-model-name", "a", "default"],
      { servedNames: ["a", "default"] },
    ],
    [
      "vllm serve <model>",
      ["vllm", "serve", "a/b", "--max-model-len=4096"],
      { model: "a/b", maxModelLength: 4096 },
    ],
    ["a length that is none", ["--max-model-len", "auto"], { maxModelLength: undefined }],
    ["an API key", ["--api-key", "k"], { apiKey: "k" }],
    ["a reasoning parser", ["--reasoning-parser", "deepseek_r1"], { parsesReasoning: true }],
    ["a parser of tool calls alone", ["--tool-call-parser", "hermes"], { callsTools: false }],
    [
      "a parser of tool calls that the model may make",
      ["--enable-auto-tool-choice", "--tool-call-parser", "hermes"],
      { callsTools: true },
    ],
    ["origins", ["--allowed-origins", '["http://a.example"]'], { allowedOrigins: ["http://a.example"] }],
    ["origins that are no list", ["--allowed-origins", "*"], { allowedOrigins: undefined }],
    ["nothing", [], { model: undefined, servedNames: [], parsesReasoning: false, apiKey: undefined }],
  ];
  for (const [what, words, wanted] of cases) {
    it(`understands ${what}`, () =>
      assert.deepEqual({ ...readServerArguments(words), ...wanted }, readServerArguments(words)));
  }
});
