// Does NOT prove that a client does what its configuration says; test/engine/clients.test.ts runs what can be run.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { type ClientName, clientAnswer, clientNames } from "../../../../stacks/clients/index.ts";
import { listModes, type Plan, planFromFiles } from "../../../../stacks/index.ts";
import { finish } from "../../../../system/processes.ts";
import { planTexts, servedModel } from "../support.ts";

const project = fileURLToPath(new URL("../../../..", import.meta.url));
const ml = planFromFiles(project, "ml");
const planned = (settings: string): Plan =>
  planTexts("ml", "", { ml: `config: { vllm-platform:model: ${servedModel}, ${settings} }` });
const withKey = planned("vllm-platform:apiKey: true");
const awkward = planned(
  `vllm-platform:fallback: { ollamaUrl: "https://home.example.org/ollama", ollamaModel: "it's \\"a: #b" }`,
);
const withGateway = planned("vllm-platform:gateway: { enabled: true, host: llm.home.example.org }");
const textsOf = (plan: Plan, client: ClientName) => clientAnswer(plan, client).texts.map(({ text }) => text);

interface LiteLlm {
  model_list: { model_name: string; litellm_params: Record<string, unknown> }[];
  litellm_settings: unknown;
  router_settings: unknown;
  general_settings: unknown;
}
const liteLlmOf = (plan: Plan): LiteLlm => parse(textsOf(plan, "litellm").join("")) as LiteLlm;

describe("what clients are told", () => {
  it("names the URLs, the names and the key's place in every text, and no value of a key", () => {
    for (const client of clientNames) {
      for (const text of textsOf(withKey, client).filter((one) => one.startsWith("#"))) {
        assert.match(text, /^# in the cluster +http:\/\/vllm-api\.ml\.svc\.cluster\.local:8000\/v1$/m);
        assert.match(text, /^# public +https:\/\/vllm\.home\.example\.org\/v1$/m);
        assert.match(
          text,
          /^# model +default in every mode; Qwen\/Qwen2\.5-7B-Instruct-AWQ only while mode ml serves$/m,
        );
        assert.match(
          text,
          /^# key +kubectl get secret vllm-api-key -n ml -o jsonpath='\{\.data\.api-key\}' \| base64 -d$/m,
        );
        assert.match(
          text,
          /^# on the CPU +http:\/\/ollama\.ml\.svc\.cluster\.local:11434, model llama3\.2:1b$/m,
        );
      }
    }
    const { endpoints } = clientAnswer(planned("vllm-platform:route: { enabled: false }"), "openai");
    assert.equal(endpoints.public, undefined);
    assert.equal(endpoints.apiKey, undefined);
  });

  it("is the same for clients in every mode, but for what only one mode answers to", () => {
    for (const client of clientNames) {
      const bodies = listModes(project).map((mode) =>
        textsOf(planFromFiles(project, mode), client).map((text) =>
          text.replace(/^# (model|context) .*\n/gm, ""),
        ),
      );
      assert.equal(new Set(bodies.map((body) => JSON.stringify(body))).size, 1, client);
    }
    const [text = ""] = textsOf(planFromFiles(project, "gaming"), "openai");
    assert.match(text, /^# model +default in every mode; mode gaming serves none$/m);
  });

  describe("for LiteLLM", () => {
    it("is a configuration with one server a name, no retries, and a first failure that is enough", () => {
      assert.deepEqual(liteLlmOf(ml), {
        model_list: [
          {
            model_name: "default",
            litellm_params: {
              model: "openai/default",
              api_base: "http://vllm-api.ml.svc.cluster.local:8000/v1",
              api_key: "none",
              max_retries: 0,
              timeout: 600,
              stream_timeout: 8,
            },
          },
          {
            model_name: "cpu",
            litellm_params: {
              model: "openai/llama3.2:1b",
              api_base: "http://ollama.ml.svc.cluster.local:11434/v1",
              api_key: "none",
              max_retries: 0,
            },
          },
        ],
        litellm_settings: { num_retries: 0, fallbacks: [{ default: ["cpu"] }] },
        router_settings: { allowed_fails: 0, cooldown_time: 10 },
        general_settings: { master_key: "os.environ/LITELLM_MASTER_KEY" },
      });
    });

    it("takes the key from its environment", () => {
      assert.equal(liteLlmOf(withKey).model_list[0]?.litellm_params.api_key, "os.environ/VLLM_API_KEY");
    });

    it("takes every value as data", () => {
      const [, cpu] = liteLlmOf(awkward).model_list;
      assert.equal(cpu?.litellm_params.model, `openai/it's "a: #b`);
      assert.equal(cpu?.litellm_params.api_base, "https://home.example.org/ollama/v1");
    });
  });

  it("is for Open WebUI a file of variables, with the key from the Secret", () => {
    const [text = ""] = textsOf(withKey, "openwebui");
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    assert.deepEqual(Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2))), {
      OPENAI_API_BASE_URL: "http://vllm-api.ml.svc.cluster.local:8000/v1",
      OPENAI_API_KEY: "",
      DEFAULT_MODELS: "default",
      ENABLE_OLLAMA_API: "True",
      OLLAMA_BASE_URL: "http://ollama.ml.svc.cluster.local:11434",
      AIOHTTP_CLIENT_TIMEOUT_MODEL_LIST: "3",
      AIOHTTP_CLIENT_TIMEOUT: "600",
    });
    assert.match(text, /secretKeyRef vllm-api-key, key api-key/);
  });

  it("is for n8n what its forms ask, with the Responses API off where vLLM has none", () => {
    const [old = ""] = textsOf(ml, "n8n");
    assert.match(old, /Use Responses API +off: vLLM 0\.8\.5\.post1 has none, and answers 404/);
    assert.match(old, /Max Retries +0/);
    const [recent = ""] = textsOf(
      planned("vllm-platform:image: { tag: mine, version: 0.10.0, cuda: 12.2 }"),
      "n8n",
    );
    assert.match(recent, /Use Responses API +on or off: vLLM 0\.10\.0 has it/);
  });

  describe("where there is a gateway", () => {
    it("has its two addresses in every text", () => {
      for (const client of clientNames) {
        for (const text of textsOf(withGateway, client).filter((one) => one.startsWith("#"))) {
          assert.match(
            text,
            /^# gateway +https:\/\/llm\.home\.example\.org\/v1, in the cluster http:\/\/llm-gateway\.ml\.svc\.cluster\.local\/v1$/m,
          );
        }
      }
    });

    it("leads who cannot fall back by itself to it, and to nothing else", () => {
      const bodies = (["openwebui", "n8n", "openai"] as const).map((client) =>
        textsOf(withGateway, client)
          .filter((one) => one.startsWith("#"))
          .join("\n")
          .replace(/^#.*\n/gm, "")
          .replace(/.*\/health$/gm, ""),
      );
      for (const body of bodies) {
        assert.match(body, /https?:\/\/llm[-.][a-z.-]+\/v1/);
        assert.doesNotMatch(body, /vllm-api|ollama|Enable Fallback Model/);
      }
    });

    it("leaves LiteLLM the two servers, of which it must know who is away", () => {
      assert.deepEqual(liteLlmOf(withGateway), liteLlmOf(ml));
    });
  });

  it("is for a shell and for Python what both can read, whatever the values hold", async function () {
    if (spawnSync("python3", ["--version"]).status !== 0) this.skip();
    for (const plan of [ml, withKey, awkward, withGateway]) {
      const [shell = "", python = ""] = textsOf(plan, "openai");
      const read = await finish("bash", ["-n"], { input: shell });
      assert.deepEqual([read.status, read.stderr], [0, ""]);
      const parsed = await finish("python3", ["-c", "import ast, sys; ast.parse(sys.stdin.read())"], {
        input: python,
      });
      assert.deepEqual([parsed.status, parsed.stderr], [0, ""]);
    }
    const [shell = "", python = ""] = textsOf(withKey, "openai");
    assert.match(shell, /-H "Authorization: Bearer \$VLLM_API_KEY"/);
    assert.match(python, /api_key=os\.environ\["VLLM_API_KEY"\]/);
  });
});
