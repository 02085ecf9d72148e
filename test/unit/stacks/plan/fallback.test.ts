// Does NOT prove that n8n runs the pattern: it is run with what n8n documents; test/n8n/real.test.ts asks the real one.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { documentedCodeNodes } from "../../../../lab/clients/code-node.ts";
import { listModes, planFromFiles } from "../../../../stacks/index.ts";
import { fallbackConfig } from "../../../../stacks/plan/fallback.ts";
import { routingCases } from "../../../support/n8n/routing-cases.ts";
import { refusalOf, settingsOf } from "../support.ts";

const project = fileURLToPath(new URL("../../../..", import.meta.url));
const { settings } = planFromFiles(project, "ml");

describe("the fallback ConfigMap", () => {
  it("has the reference setup's four keys with its values", () => {
    const { VLLM_ENDPOINT, VLLM_HEALTH_ENDPOINT, OLLAMA_ENDPOINT, OLLAMA_GENERATE_ENDPOINT } =
      fallbackConfig(settings);
    assert.deepEqual(
      [VLLM_ENDPOINT, VLLM_HEALTH_ENDPOINT, OLLAMA_ENDPOINT, OLLAMA_GENERATE_ENDPOINT],
      [
        "http://vllm-api.ml.svc.cluster.local:8000",
        "http://vllm-api.ml.svc.cluster.local:8000/health",
        "http://ollama.ml.svc.cluster.local:11434",
        "http://ollama.ml.svc.cluster.local:11434/api/generate",
      ],
    );
  });

  it("is the same in all shipped modes, byte for byte", () => {
    const texts = listModes(project).map((mode) => JSON.stringify(planFromFiles(project, mode).fallback));
    assert.equal(texts.length, 4);
    assert.equal(new Set(texts).size, 1);
  });

  it("follows from what clients are told alone, whatever else a mode sets", () => {
    const clients = fc.record({
      fallback: fc.record({
        ollamaModel: fc.constantFrom("llama3.2:1b", "it's", "qwen2.5:3b"),
        healthTimeoutMs: fc.integer({ min: 100, max: 60_000 }),
      }),
      apiKey: fc.boolean(),
      gateway: fc.constantFrom({}, { enabled: true, host: "llm.home.example.org" }),
    });
    const own = fc.record({
      serve: fc.boolean(),
      maxModelLen: fc.integer({ min: 512, max: 32_768 }),
      model: fc.constantFrom("Qwen/Qwen2.5-7B-Instruct-AWQ", "casperhansen/deepseek-r1-distill-qwen-7b-awq"),
      gpuMemoryUtilization: fc.constantFrom(0.8, 0.9),
    });
    fc.assert(
      fc.property(clients, own, own, (same, one, other) => {
        const [a, b] = [one, other].map((mode) => fallbackConfig(settingsOf({ ...mode, ...same })));
        assert.equal(JSON.stringify(a), JSON.stringify(b));
      }),
      { numRuns: 50 },
    );
  });

  it("says where the key is, and holds none itself", () => {
    const config = fallbackConfig({ ...settings, apiKey: true });
    assert.equal(config.VLLM_API_KEY_SECRET, "vllm-api-key");
    assert.equal(config.VLLM_API_KEY_SECRET_KEY, "api-key");
    assert.equal("VLLM_API_KEY_SECRET" in fallbackConfig(settings), false);
    const { FALLBACK_ROUTING_PATTERN: pattern = "" } = config;
    assert.equal(pattern, fallbackConfig(settings).FALLBACK_ROUTING_PATTERN);
    assert.doesNotMatch(pattern, /\$|fetch|new URL|AbortController|Authorization|key/i);
    assert.match(pattern, /timeout: 5000,/);
  });

  it("names the gateway where there is one", () => {
    const gateway = { enabled: true, host: "llm.home.example.org" };
    const config = fallbackConfig(settingsOf({ gateway }));
    assert.equal(config.GATEWAY_ENDPOINT, "http://llm-gateway.ml.svc.cluster.local");
    assert.equal("GATEWAY_ENDPOINT" in fallbackConfig(settings), false);
  });

  it("has no name and password in it, which whoever reads ConfigMaps would read, and no path twice", () => {
    const wrong = [
      ...["http://user:pw@ollama:11434", "http://user@ollama", "http://ollama:11434/api"],
      ...["http://ollama/api/chat", "http://ollama/v1", "http://ollama/"],
    ];
    for (const ollamaUrl of wrong) {
      const [refusal = ""] = refusalOf(() => settingsOf({ fallback: { ollamaUrl } }));
      assert.match(
        refusal,
        /fallback\.ollamaUrl .*must be the URL of a server without \/api, name and password/,
      );
    }
    const behindProxy = "https://home.example.org/ollama";
    assert.equal(settingsOf({ fallback: { ollamaUrl: behindProxy } }).fallback.ollamaUrl, behindProxy);
  });
});

for (const node of documentedCodeNodes) {
  describe(`the fallback pattern in the Code node of ${node.name}`, () => routingCases(() => node));
}
