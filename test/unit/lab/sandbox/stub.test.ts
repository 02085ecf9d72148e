// Does NOT prove that vLLM answers this way: its documented interface was followed, and no vLLM ran.
import assert from "node:assert/strict";
import { choosePorts } from "../../../../lab/sandbox/base/ports.ts";
import { fingerprint, type Served } from "../../../../lab/sandbox/stub/answers.ts";
import { readServerArguments } from "../../../../lab/sandbox/stub/arguments.ts";
import { createStubServer, type StubServer } from "../../../../lab/sandbox/stub/server.ts";

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
    ["nothing", [], { model: undefined, servedNames: [], parsesReasoning: false, apiKey: undefined }],
  ];
  for (const [what, words, wanted] of cases) {
    it(`understands ${what}`, () =>
      assert.deepEqual({ ...readServerArguments(words), ...wanted }, readServerArguments(words)));
  }
});

describe("the stub server", () => {
  const served: Served = {
    ...readServerArguments([
      "--model",
      "a/model",
      "--served-model-name",
      "a/model",
      "default",
      "--max-model-len",
      "50",
    ]),
    created: 1_700_000_000,
    version: "0.5.5",
  };
  let url: string;
  let stub: StubServer;
  before(async () => {
    const { stub: port } = await choosePorts();
    url = `http://127.0.0.1:${port}`;
    stub = createStubServer(port);
  });
  beforeEach(() => stub.serve(served));
  after(() => stub.serve(undefined));

  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(url + path, init);
  const post = (path: string, body: unknown): Promise<Response> =>
    get(path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
  const chat = (more: object = {}) => ({ messages: [{ role: "user", content: "Hello there" }], ...more });

  it("labels every answer as simulated, refusals too", async () => {
    for (const path of ["/health", "/version", "/docs", "/v1/models", "/nowhere"]) {
      assert.equal((await get(path)).headers.get("x-simulated"), "vllm-platform sandbox", path);
    }
  });

  it("lists the served names with the context's length", async () => {
    const { data } = (await (await get("/v1/models")).json()) as {
      data: { id: string; root: string; max_model_len: number; created: number }[];
    };
    assert.deepEqual(
      data.map(({ id, root, max_model_len, created }) => [id, root, max_model_len, created]),
      [
        ["a/model", "a/model", 50, served.created],
        ["default", "a/model", 50, served.created],
      ],
    );
  });

  it("completes and chats, counting tokens, and stops where it was told to", async () => {
    const completion = (await (
      await post("/v1/completions", { prompt: "one two three", max_tokens: 4 })
    ).json()) as {
      model: string;
      system_fingerprint: string;
      choices: { text: string; finish_reason: string }[];
      usage: object;
    };
    assert.equal(completion.model, "a/model");
    assert.equal(completion.system_fingerprint, fingerprint);
    assert.deepEqual(
      completion.choices.map(({ text, finish_reason }) => [text, finish_reason]),
      [["This is a simulated", "length"]],
    );
    assert.deepEqual(completion.usage, { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 });
    const whole = (await (await post("/v1/chat/completions", chat({ model: "default" }))).json()) as {
      object: string;
      choices: { message: { content: string }; finish_reason: string }[];
    };
    assert.equal(whole.object, "chat.completion");
    assert.match(whole.choices[0]?.message.content ?? "", /simulated/);
    assert.equal(whole.choices[0]?.finish_reason, "stop");
  });

  it("streams what it would have said at once, then its usage, then DONE", async () => {
    const request = chat({ stream: true, stream_options: { include_usage: true } });
    const events = (await (await post("/v1/chat/completions", request)).text()).trim().split("\n\n");
    assert.equal(events.pop(), "data: [DONE]");
    const chunks = events.map(
      (event) =>
        JSON.parse(event.slice("data: ".length)) as {
          choices: { delta: { content?: string }; finish_reason: string | null }[];
          usage?: object;
        },
    );
    assert.ok(chunks.pop()?.usage);
    const said = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
    const whole = (await (await post("/v1/chat/completions", chat())).json()) as {
      choices: { message: { content: string } }[];
    };
    assert.equal(said, whole.choices[0]?.message.content);
    assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, "stop");
  });

  const refusals: [string, string, unknown, number, RegExp][] = [
    [
      "a model that is not served",
      "/v1/completions",
      { model: "other", prompt: "x" },
      404,
      /The model `other` does not/,
    ],
    ["a missing prompt", "/v1/completions", {}, 400, /'prompt'.*Field required/],
    ["missing messages", "/v1/chat/completions", { prompt: "x" }, 400, /'messages'.*Field required/],
    ["no JSON", "/v1/completions", "{", 400, /JSON decode error/],
    ["no object", "/v1/completions", "[]", 400, /JSON decode error/],
    [
      "more than the context",
      "/v1/completions",
      { prompt: "x", max_tokens: 50 },
      400,
      /maximum context length is 50 .*51/,
    ],
  ];
  for (const [what, path, body, status, message] of refusals) {
    it(`refuses ${what} in vLLM's words`, async () => {
      const response = await post(path, body);
      assert.equal(response.status, status);
      const error = (await response.json()) as { object: string; message: string; code: number };
      assert.deepEqual([error.object, error.code], ["error", status]);
      assert.match(error.message, message);
    });
  }

  it("refuses other methods and paths", async () => {
    assert.equal((await get("/v1/completions")).status, 405);
    assert.equal((await post("/v1/models", {})).status, 405);
    assert.equal((await get("/v2/models")).status, 404);
  });

  it("asks for the API key on /v1 only", async () => {
    await stub.serve({ ...served, apiKey: "k" });
    const withKey = (key: string) => get("/v1/models", { headers: { Authorization: `Bearer ${key}` } });
    assert.deepEqual(
      [(await get("/v1/models")).status, (await withKey("x")).status, (await withKey("k")).status],
      [401, 401, 200],
    );
    assert.equal((await get("/health")).status, 200);
  });

  it("thinks in the content for R1, apart from it with a reasoning parser", async () => {
    const ask = async (parsesReasoning: boolean) => {
      await stub.serve({ ...served, model: "x/deepseek-r1-distill", parsesReasoning });
      const { choices } = (await (await post("/v1/chat/completions", chat())).json()) as {
        choices: { message: { content: string; reasoning_content?: string } }[];
      };
      return choices[0]?.message ?? assert.fail("no choice");
    };
    const inContent = await ask(false);
    assert.match(inContent.content, /^<think>\n[^<]+\n<\/think>\n\nThis is/);
    assert.equal(inContent.reasoning_content, undefined);
    const apart = await ask(true);
    assert.match(apart.content, /^This is/);
    assert.match(apart.reasoning_content ?? "", /simulated/);
  });

  it("listens only while it serves", async () => {
    await stub.serve(undefined);
    await assert.rejects(get("/health"));
    await stub.serve(served);
    assert.equal((await get("/health")).status, 200);
  });
});
