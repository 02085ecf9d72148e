// Does NOT prove that vLLM answers so: here a server answers by hand, rightly and in each way wrongly.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { judge } from "../../../../operations/verify/base/report.ts";
import { generate, type Subject } from "../../../../operations/verify/base/subject.ts";
import { chat, completion, stream } from "../../../../operations/verify/checks/model.ts";
import { docs, health, key, models } from "../../../../operations/verify/checks/paths.ts";
import { thoughts } from "../../../../operations/verify/checks/thoughts.ts";
import { measureSpeed } from "../../../../operations/verify/measures/speed.ts";
import { planFromFiles } from "../../../../stacks/index.ts";

const project = join(import.meta.dirname, "../../../..");
const plan = (mode: string) => planFromFiles(project, mode);

interface Said {
  status?: number;
  type?: string;
  text: string;
}

const json = (body: object, more: Partial<Said> = {}): Said => ({
  ...{ type: "application/json", text: JSON.stringify(body) },
  ...more,
});
const events = (...data: (object | string)[]): Said => ({
  type: "text/event-stream; charset=utf-8",
  text: data.map((one) => `data: ${typeof one === "string" ? one : JSON.stringify(one)}\n\n`).join(""),
});
const part = (delta: object, finish: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const usage = { completion_tokens: 3 };

/** In place of a text: no answer ever comes. */
const silence = "(silence)";

describe("what is asked of a server", () => {
  let server: Server;
  let said: Record<string, Said>;
  let asked: { url: string; authorization?: string | undefined }[];
  let subject: Subject;

  before(async () => {
    server = createServer((request: IncomingMessage, response: ServerResponse) => {
      asked.push({ url: request.url ?? "", authorization: request.headers.authorization });
      const { status = 200, type, text } = said[request.url ?? ""] ?? { status: 404, text: "" };
      if (text === silence) return;
      response.writeHead(status, type === undefined ? {} : { "content-type": type }).end(text);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });

  after(() => server.close());

  beforeEach(() => {
    asked = [];
    said = {};
    subject = {
      way: { name: "here", origin: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) },
      servedNames: ["a/b", "default"],
      asksForKey: false,
      key: undefined,
      signal: new AbortController().signal,
    };
  });

  const found = async (check: (subject: Subject) => Promise<string>) => {
    const { state, found } = await judge("health", subject.signal, () => check(subject));
    return `${state}: ${found}`;
  };

  it("is nothing more of a model that gave no answer in time, and the rest all the same", async () => {
    said = { [completions]: { text: silence }, "/health": { text: "" } };
    await assert.rejects(
      generate(subject, completions, {}, async () => "", 50),
      { message: "no answer within 0.05 s" },
    );
    const notAgain = "/v1/completions had no answer in time, so the model is not asked again";
    for (const check of [completion, chat, stream]) {
      assert.equal(await found(check), `skipped: ${notAgain}`);
    }
    const speed = await measureSpeed(subject, plan("ml"));
    assert.deepEqual([...new Set(speed.map(({ note }) => note))], [notAgain]);
    assert.equal(await found(health), "ok: 200");
    // On a busy machine the time is over before the first has arrived.
    const urls = asked.map(({ url }) => url);
    assert.deepEqual(urls, urls.length > 1 ? [completions, "/health"] : ["/health"]);
  });

  type Case = [
    what: string,
    check: (subject: Subject) => Promise<string>,
    path: string,
    said: Said,
    found: string,
  ];
  const completions = "/v1/completions";
  const chats = "/v1/chat/completions";
  const chatBody = { object: "chat.completion", choices: [{ message: { content: "hi" } }], usage };
  const cases: Case[] = [
    ["is well", health, "/health", { text: "" }, "ok: 200"],
    ["is not", health, "/health", { status: 503, text: "" }, "failed: it answers 503 and not 200"],
    [
      "has the names",
      models,
      "/v1/models",
      json({ data: [{ id: "a/b" }, { id: "default" }] }),
      "ok: a/b, default",
    ],
    [
      "lacks a name",
      models,
      "/v1/models",
      json({ data: [{ id: "a/b" }] }),
      "failed: default is missing; it answers to a/b",
    ],
    [
      "has none",
      models,
      "/v1/models",
      json({ data: [] }),
      "failed: a/b, default is missing; it answers to no name",
    ],
    ["lists nothing", models, "/v1/models", json({}), "failed: it lists no models"],
    [
      "lists as a page",
      models,
      "/v1/models",
      { type: "text/html", text: "<html>" },
      "failed: its content type is text/html and not application/json",
    ],
    [
      "completes",
      completion,
      completions,
      json({ object: "text_completion", choices: [{ text: "" }], usage }),
      "ok: 3 tokens",
    ],
    [
      "completes as a chat",
      completion,
      completions,
      json(chatBody),
      "failed: it is no text_completion with a text",
    ],
    [
      "refuses to complete",
      completion,
      completions,
      json({ error: { message: "no\u001b[2Jsuch model" } }, { status: 404 }),
      'failed: it answers 404 and not 200: {"error":{"message":"no\\u001b[2Jsuch model"}}',
    ],
    [
      "counts no tokens",
      completion,
      completions,
      json({ object: "text_completion", choices: [{ text: "" }] }),
      "failed: it counts no tokens (usage)",
    ],
    ["chats", chat, chats, json(chatBody), "ok: 3 tokens"],
    [
      "only thinks",
      chat,
      chats,
      json({ ...chatBody, choices: [{ message: { content: null, reasoning: "hm" } }] }),
      "ok: 3 tokens",
    ],
    [
      "says nothing",
      chat,
      chats,
      json({ ...chatBody, choices: [{ message: { content: null } }] }),
      "failed: it is no chat.completion with a message",
    ],
    ["chats in no JSON", chat, chats, json({}, { text: "{" }), "failed: it is no JSON object"],
    [
      "streams",
      stream,
      chats,
      events(part({ content: "a" }), part({ content: "b" }, "stop"), "[DONE]"),
      "ok: 2 parts, [DONE]",
    ],
    [
      "streams without its end",
      stream,
      chats,
      events(part({ content: "a" }, "stop")),
      "failed: the stream ends without [DONE]",
    ],
    [
      "streams without a reason",
      stream,
      chats,
      events(part({ content: "a" }), "[DONE]"),
      "failed: no part says why it ends (finish_reason)",
    ],
    [
      "streams as JSON",
      stream,
      chats,
      json(chatBody),
      "failed: its content type is application/json and not text/event-stream",
    ],
    [
      "streams half an event",
      stream,
      chats,
      { ...events(), text: "data: {" },
      "failed: the stream ends within an event",
    ],
    [
      "streams an error",
      stream,
      chats,
      events({ error: { message: "boom" } }),
      'failed: it breaks off with an error: {"message":"boom"}',
    ],
    ["has its page", docs, "/docs", { type: "text/html; charset=utf-8", text: "<html>" }, "ok: 200, a page"],
    ["has none of its pages", docs, "/docs", { status: 404, text: "" }, "failed: it answers 404 and not 200"],
    [
      "has another page",
      docs,
      "/docs",
      json({}),
      "failed: its content type is application/json and not text/html",
    ],
  ];
  for (const [what, check, path, answer, expected] of cases) {
    it(`${what}: ${expected}`, async () => {
      said[path] = answer;
      assert.equal(await found(check), expected);
    });
  }

  describe("with a key", () => {
    beforeEach(() => {
      subject = { ...subject, asksForKey: true, key: "sk-secret" };
    });

    it("shows it, but not where the refusal is looked for, and not where none is needed", async () => {
      said["/v1/models"] = { status: 401, text: "" };
      assert.equal(await found(key), "ok: 401 without the key");
      said["/v1/models"] = json({ data: [] });
      assert.equal(await found(key), "failed: /v1/models answers 200 and not 401 to who shows no key");
      await found(models);
      await found(health);
      assert.deepEqual(
        asked.map(({ authorization }) => authorization),
        [undefined, undefined, "Bearer sk-secret", undefined],
      );
    });

    it("keeps it where everybody on the way could read it", async () => {
      subject = { ...subject, way: { ...subject.way, origin: new URL("http://vllm.example.org") } };
      assert.equal(
        await found(chat),
        "skipped: the key is not sent to http://vllm.example.org, which everybody on the way could read",
      );
    });

    it("says why there is none", async () => {
      subject = { ...subject, key: { why: "these credentials may not read Secret vllm-api-key in ml" } };
      assert.equal(await found(chat), "skipped: these credentials may not read Secret vllm-api-key in ml");
    });
  });

  it("goes around the route for what that does not let in, or not at all", async () => {
    const { route } = plan("ml").settings;
    const inner = subject.way;
    const way = { name: "route", origin: new URL(`https://${route.host}`) };
    said["/docs"] = { type: "text/html", text: "" };
    subject = { ...subject, way, route: { ...route, paths: [] } };
    assert.equal(await found(docs), "skipped: the route does not let /docs in");
    subject = { ...subject, inner };
    assert.equal(await found(docs), "ok: 200, a page");
  });

  describe("of a model that reasons", () => {
    const thinks = async (mode: string, ...data: (object | string)[]) => {
      said[chats] = events(...data);
      return found((one) => thoughts(one, plan(mode)));
    };
    const parsed = () => {
      const r1 = plan("r1");
      return { ...r1, settings: { ...r1.settings, reasoningParser: true } };
    };

    it("is the tag at the beginning, or the one at the end alone", async () => {
      assert.equal(
        await thinks("r1", part({ content: "<think>\n" }), "cut"),
        "ok: begins with <think> in the content",
      );
      assert.equal(
        await thinks(
          "r1",
          part({ content: "15 and 27" }),
          part({ content: "</thi" }),
          part({ content: "nk>" }),
          "cut",
        ),
        "ok: ends with </think> in the content; the opening tag is the prompt's",
      );
    });

    it("is missed where an answer ends without one, and not known where it is cut", async () => {
      assert.equal(
        await thinks("r1", part({ content: "42" }, "stop"), "[DONE]"),
        "failed: the content has neither <think> nor </think>",
      );
      assert.equal(
        await thinks("r1", part({ content: "15" }, "length"), "[DONE]"),
        "skipped: no tag within 1024 tokens, which ended the answer",
      );
    });

    it("comes in a field of its own exactly where reasoningParser is set", async () => {
      assert.match(
        await thinks("r1", part({ reasoning: "hm" })),
        /^failed: it comes in a field of its own, though/,
      );
      assert.equal(
        await found((one) => thoughts(one, parsed())),
        "ok: in a field of its own, as reasoningParser is set",
      );
      said[chats] = events(part({ content: "<think>" }));
      assert.match(await found((one) => thoughts(one, parsed())), /^failed: reasoningParser is set, and/);
    });

    it("is asked of no other", async () => {
      assert.equal(await thinks("ml"), "skipped: the mode's model writes no chain of thought");
      assert.deepEqual(asked, []);
    });
  });

  describe("of its speed", () => {
    const target = { relation: "at least", value: 50 };

    it("is a median, and that of four streams together, by few requests", async () => {
      const parts = Array.from({ length: 96 }, () => part({ content: "x" }));
      said[chats] = events(...parts, { choices: [], usage: { completion_tokens: 96 } }, "[DONE]");
      const [first, one, four] = await measureSpeed(subject, plan("ml"));
      assert.equal(asked.length, 7);
      for (const each of [first, one, four]) assert.ok((each?.actual ?? 0) > 0);
      assert.deepEqual([one?.target?.relation, one?.target?.value], [target.relation, target.value]);
      assert.equal(one?.met, true);
      assert.equal(four?.met, null);
    });

    it("is none where too little or nothing comes", async () => {
      said[chats] = events(part({ content: "x" }, "stop"), "[DONE]");
      const [, short] = await measureSpeed(subject, plan("ml"));
      assert.deepEqual(
        [short?.actual, short?.met, short?.note],
        [null, null, "the answer had 1 tokens, too few to measure"],
      );
      said = {};
      const [none] = await measureSpeed(subject, plan("ml"));
      assert.equal(none?.note, "it answers 404 and not 200");
      assert.equal(asked.length, 2);
    });
  });

  it("is over when it is stopped, whatever is under way", async () => {
    const stop = new AbortController();
    subject = { ...subject, signal: stop.signal };
    const judged = judge(
      "health",
      stop.signal,
      () => new Promise((_, fail) => stop.signal.addEventListener("abort", fail)),
    );
    stop.abort(new Error("stopped"));
    await assert.rejects(judged, { message: "stopped" });
  });
});
