// Does NOT prove that n8n runs the pattern: it is run as the function body that n8n's documentation describes.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { planFromFiles } from "../../../../stacks/index.ts";
import { fallbackConfig } from "../../../../stacks/plan/fallback.ts";
import { refusalOf, settingsOf } from "../support.ts";

const project = fileURLToPath(new URL("../../../..", import.meta.url));
const { settings } = planFromFiles(project, "ml");

type Get = (url: string, options: { timeout: number }) => Promise<{ status: number }>;

/** What a workflow goes on with, and what it asked before. */
async function route(get: Get, apiKey = false, own: Partial<typeof settings.fallback> = {}) {
  const asked: { url: string; timeout: number }[] = [];
  const fallback = { ...settings.fallback, ...own };
  const pattern = fallbackConfig({ ...settings, apiKey, fallback }).FALLBACK_ROUTING_PATTERN;
  const AsyncFunction = (async () => {}).constructor as new (
    ...args: string[]
  ) => (http: { get: Get }, env: Record<string, string>) => Promise<Record<string, unknown>>;
  const chosen = await new AsyncFunction("$http", "$env", pattern ?? "")(
    {
      get(url, options) {
        asked.push({ url, ...options });
        return get(url, options);
      },
    },
    { VLLM_API_KEY: "the-key" },
  );
  return { chosen, asked };
}

describe("the fallback pattern", () => {
  it("chooses the GPU under the alias where /health answers, within the reference setup's 5 s", async () => {
    const { chosen, asked } = await route(async () => ({ status: 200 }));
    assert.deepEqual(chosen, {
      endpoint: "http://vllm-api.ml.svc.cluster.local:8000/v1/chat/completions",
      mode: "gpu",
      model: "default",
    });
    assert.deepEqual(asked, [{ url: "http://vllm-api.ml.svc.cluster.local:8000/health", timeout: 5000 }]);
  });

  it("chooses Ollama where the server does not answer, or says that it is not well", async () => {
    const away: Get[] = [async () => ({ status: 503 }), () => Promise.reject(new Error("timeout"))];
    for (const get of away) {
      assert.deepEqual((await route(get)).chosen, {
        endpoint: "http://ollama.ml.svc.cluster.local:11434/api/chat",
        mode: "cpu",
        model: "llama3.2:1b",
      });
    }
  });

  it("sends the API key where the platform asks for one, and holds none itself", async () => {
    const { chosen } = await route(async () => ({ status: 200 }), true);
    assert.deepEqual(chosen.headers, { Authorization: "Bearer the-key" });
    const config = fallbackConfig({ ...settings, apiKey: true });
    assert.equal(config.VLLM_API_KEY_SECRET, "vllm-api-key");
    assert.equal(config.VLLM_API_KEY_SECRET_KEY, "api-key");
    assert.equal("VLLM_API_KEY_SECRET" in fallbackConfig(settings), false);
  });

  it("takes every value as data: none of them becomes code", async () => {
    const away: Get = async () => ({ status: 503 });
    for (const ollamaModel of ["it's", 'a"b', "x', y: $env.VLLM_API_KEY, z: '", "a\\", "\u2028"]) {
      const { chosen } = await route(away, false, { ollamaModel });
      assert.deepEqual(chosen, {
        endpoint: "http://ollama.ml.svc.cluster.local:11434/api/chat",
        mode: "cpu",
        model: ollamaModel,
      });
    }
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
