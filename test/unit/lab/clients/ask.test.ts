// Does not prove how these clients fare with a real server or gateway; the drills send them through both.
import assert from "node:assert/strict";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { n8n, sdk, stream } from "../../../../lab/clients/ask.ts";

const json = { "content-type": "application/json", "x-served-by": "gpu" };
const events = { "content-type": "text/event-stream", "x-served-by": "gpu" };
const chunk = (delta: object, finish_reason: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const whole = (content: string): string => JSON.stringify({ choices: [{ index: 0, message: { content } }] });

describe("a client of the drills", () => {
  let server: Server;
  let url: string;
  let asked: number;
  let answer: (response: ServerResponse) => void;

  before(async () => {
    server = createServer((_, response) => {
      asked += 1;
      answer(response);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    asked = 0;
  });
  after(() => server.close());

  it("has an answer where there is one, and knows by whom", async () => {
    answer = (response) => response.writeHead(200, json).end(whole("Hello."));
    assert.deepEqual(await sdk(url)(), { end: "answered", by: "gpu" });
    answer = (response) =>
      response
        .writeHead(200, events)
        .end(`${chunk({ content: "Hello." })}${chunk({}, "stop")}data: [DONE]\n\n`);
    assert.deepEqual(await stream(url)(), { end: "answered", by: "gpu" });
  });

  it("is told of a stream that breaks off", async () => {
    answer = (response) => {
      response.writeHead(200, events).write(chunk({ content: "Hel" }));
      setTimeout(() => response.socket?.resetAndDestroy(), 20);
    };
    const { end, by, why } = await stream(url)();
    assert.deepEqual({ end, by }, { end: "error", by: "gpu" });
    assert.match(why ?? "", /ECONNRESET|closed|terminated/);
  });

  it("knows of a stream that stands still that it has given it up", async () => {
    answer = (response) => response.writeHead(200, events).write(chunk({ content: "Hel" }));
    assert.deepEqual(await stream(url, 2000)(), { end: "error", by: "gpu", why: "given up after 2 s" });
  });

  it("has lost what ends as if it were whole: a stream without its end, an answer without content", async () => {
    answer = (response) => response.writeHead(200, events).end(chunk({ content: "Hel" }));
    assert.equal((await stream(url)()).end, "lost");
    answer = (response) => response.writeHead(200, json).end(whole(""));
    assert.equal((await sdk(url)()).end, "lost");
    answer = (response) => response.writeHead(200, json).end("{}");
    assert.equal(
      (await n8n(`return { json: { endpoint: "${url}", mode: "gpu", model: "default" } };`)()).end,
      "lost",
    );
  });

  it("is told of a refusal, which the SDK takes for an answer only at its third", async () => {
    answer = (response) => response.writeHead(503, { ...json, "retry-after-ms": "1" }).end("{}");
    assert.equal((await sdk(url)()).end, "error");
    assert.equal(asked, 3);
  });

  it("goes where n8n's pattern leads it, and says which way that was", async () => {
    answer = (response) =>
      response.writeHead(200, json).end(JSON.stringify({ message: { content: "Hello." } }));
    const pattern = (mode: string) => `return { json: { endpoint: "${url}", mode: "${mode}", model: "m" } };`;
    assert.deepEqual(await n8n(pattern("cpu"))(), { end: "answered", by: "cpu" });
    const away = await n8n(`return { json: { endpoint: "http://127.0.0.1:1", mode: "gpu", model: "m" } };`)();
    assert.deepEqual({ end: away.end, by: away.by }, { end: "error", by: "gpu" });
    assert.match(away.why ?? "", /ECONNREFUSED|bad port/);
  });
});
