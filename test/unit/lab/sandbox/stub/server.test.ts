// Does NOT prove that vLLM answers this way: test/server asks the stub and a real vLLM the same. Here is what is the stub's own.
import assert from "node:assert/strict";
import { choosePorts } from "../../../../../lab/sandbox/base/ports.ts";
import { fingerprint } from "../../../../../lab/sandbox/stub/answers.ts";
import { readServerArguments } from "../../../../../lab/sandbox/stub/interface/arguments.ts";
import type { Served } from "../../../../../lab/sandbox/stub/interface/served.ts";
import { unknownVersion } from "../../../../../lab/sandbox/stub/interface/versions.ts";
import { createStubServer, type StubServer } from "../../../../../lab/sandbox/stub/server.ts";

interface Answered {
  readonly system_fingerprint: string;
  readonly usage: object;
  readonly choices: readonly {
    readonly text: string;
    readonly message: { readonly content: string; readonly reasoning_content?: string | null };
    readonly logprobs: object | null;
    readonly finish_reason: string;
    readonly stop_reason: string | null;
  }[];
}

describe("the stub server", () => {
  const args = ["--model", "a/model", "--served-model-name", "a/model", "default", "--max-model-len", "50"];
  const served: Served = { ...readServerArguments(args), created: 1_700_000_000, version: "0.8.5.post1" };
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
    get(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  const answered = async (path: string, body: object): Promise<Answered> => {
    const response = await post(path, body);
    assert.equal(response.status, 200);
    return (await response.json()) as Answered;
  };
  const chat = (more: object = {}) =>
    answered("/v1/chat/completions", { messages: [{ role: "user", content: "Hello there" }], ...more });
  const completion = (more: object = {}) => answered("/v1/completions", { prompt: "one two three", ...more });

  it("labels every answer as simulated, refusals too", async () => {
    for (const path of [
      "/health",
      "/version",
      "/docs",
      "/metrics",
      "/v1/models",
      "/v1/models/",
      "/nowhere",
    ]) {
      const response = await get(path, { redirect: "manual" });
      assert.equal(response.headers.get("x-simulated"), "vllm-platform sandbox", path);
    }
    assert.equal((await completion()).system_fingerprint, fingerprint);
  });

  it("counts words as tokens, and stops where it was told to", async () => {
    const { choices, usage } = await completion({ max_tokens: 4 });
    assert.deepEqual([choices[0]?.text, choices[0]?.finish_reason], ["This is a simulated", "length"]);
    assert.deepEqual(usage, {
      ...{ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
      prompt_tokens_details: null,
    });
    const whole = (await chat()).choices[0];
    assert.match(whole?.message.content ?? "", /simulated.*would answer here\.$/);
    assert.equal(whole?.finish_reason, "stop");
  });

  it("says no more than the context still holds", async () => {
    const prompt = "word ".repeat(48);
    await stub.serve({ ...served, version: "0.32.0" });
    assert.equal((await completion({ prompt })).choices[0]?.text, "This is");
  });

  it("stops before a text that ends it, and names it", async () => {
    const [choice] = (await chat({ stop: ["nowhere", "simu"] })).choices;
    assert.deepEqual(
      [choice?.message.content, choice?.finish_reason, choice?.stop_reason],
      ["This is a ", "stop", "simu"],
    );
  });

  it("answers in JSON where it is asked to", async () => {
    const [choice] = (await chat({ response_format: { type: "json_object" } })).choices;
    assert.deepEqual(Object.keys(JSON.parse(choice?.message.content ?? "")), ["simulated"]);
  });

  it("gives the probabilities of what it says", async () => {
    assert.deepEqual((await completion({ max_tokens: 2, logprobs: 1 })).choices[0]?.logprobs, {
      ...{ text_offset: [0, 4], token_logprobs: [0, 0] },
      ...{ tokens: ["This", " is"], top_logprobs: [{ This: 0 }, { " is": 0 }] },
    });
    const token = { token: "This", logprob: 0, bytes: [84, 104, 105, 115] };
    assert.deepEqual((await chat({ max_tokens: 1, logprobs: true, top_logprobs: 1 })).choices[0]?.logprobs, {
      content: [{ ...token, top_logprobs: [token] }],
    });
  });

  it("streams what it would have said at once", async () => {
    const response = await post("/v1/chat/completions", {
      ...{ messages: [{ role: "user", content: "Hello" }], stream: true },
    });
    const events = (await response.text()).trim().split("\n\n").slice(0, -1);
    const said = events.map(
      (event) =>
        (JSON.parse(event.slice("data: ".length)) as { choices: { delta: { content?: string } }[] })
          .choices[0]?.delta.content ?? "",
    );
    assert.equal(said.join(""), (await chat()).choices[0]?.message.content);
  });

  it("thinks in the content for R1, apart from it with a reasoning parser", async () => {
    const ask = async (parsesReasoning: boolean) => {
      await stub.serve({ ...served, model: "x/deepseek-r1-distill", parsesReasoning });
      return (await chat()).choices[0]?.message ?? assert.fail("no choice");
    };
    const inContent = await ask(false);
    assert.match(inContent.content, /^<think>\n[^<]+\n<\/think>\n\nThis is/);
    assert.equal(inContent.reasoning_content, null);
    const apart = await ask(true);
    assert.match(apart.content, /^This is/);
    assert.match(apart.reasoning_content ?? "", /simulated/);
  });

  it("takes tools where the server has a parser for them", async () => {
    await stub.serve({ ...served, callsTools: true });
    const tools = [{ type: "function", function: { name: "f" } }];
    assert.match((await chat({ tools })).choices[0]?.message.content ?? "", /simulated/);
  });

  it("is open to the origins of the arguments, whatever the version's own are", async () => {
    const from = async (origin: string) =>
      (await get("/health", { headers: { Origin: origin } })).headers.get("access-control-allow-origin");
    await stub.serve({ ...served, version: "0.32.0", allowedOrigins: ["http://a.example"] });
    assert.equal(await from("http://a.example"), "http://a.example");
    assert.equal(await from("http://b.example"), null);
  });

  it("says of what it does not imitate that vLLM would answer", async () => {
    const response = await post("/tokenize", { prompt: "x" });
    assert.equal(response.status, 501);
    assert.match(((await response.json()) as { error: string }).error, /does not imitate/);
  });

  it("counts what it answers, anew for each container", async () => {
    const counted = async () =>
      /^vllm:generation_tokens_total\S* (\d+)/m.exec(await (await get("/metrics")).text())?.[1];
    await stub.serve({ ...served, created: 1 });
    await completion({ max_tokens: 4, n: 2 });
    assert.equal(await counted(), "8");
    await stub.serve({ ...served, created: 1, servedNames: ["other"] });
    assert.equal(await counted(), "8");
    await stub.serve({ ...served, created: 2 });
    assert.equal(await counted(), "0");
  });

  it("takes a version that nobody knows for the newest", async () => {
    await stub.serve({ ...served, version: unknownVersion });
    const { error } = (await (await post("/v1/completions", { max_tokens: 0, prompt: "x" })).json()) as {
      error: { param: string };
    };
    assert.equal(error.param, "max_tokens");
  });

  it("listens only while it serves", async () => {
    await stub.serve(undefined);
    await assert.rejects(get("/health"));
    await stub.serve(served);
    assert.equal((await get("/health")).status, 200);
  });
});
