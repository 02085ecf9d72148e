// Does NOT prove the way through the API server, which the engine tests go.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ask, askText, isPrivate, jsonOf, type Way } from "../../../../cluster/server/ask.ts";

describe("a question to a server", () => {
  let server: Server;
  let answer: RequestListener;
  let way: Way;

  before(async () => {
    server = createServer((request, response) => answer(request, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    way = { name: "here", origin: new URL(`http://127.0.0.1:${port}/below/`) };
  });

  after(() => server.close());

  it("has its path below the way's own, and its body as JSON", async () => {
    answer = async (request, response) => {
      const body = (await request.toArray()).join("");
      const { authorization, "content-type": type } = request.headers;
      response.writeHead(418).end(JSON.stringify([request.method, request.url, authorization, type, body]));
    };
    const posted = await askText(way, {
      ...{ path: "/v1/x?y", headers: { authorization: "Bearer k" }, body: { a: "é" }, withinMs: 5000 },
    });
    assert.equal(posted.status, 418);
    assert.deepEqual(JSON.parse(posted.text), [
      ...["POST", "/below/v1/x?y", "Bearer k", "application/json", '{"a":"é"}'],
    ]);
    const got = await askText(way, { path: "/h", withinMs: 5000 });
    assert.deepEqual(JSON.parse(got.text), ["GET", "/below/h", null, null, ""]);
  });

  it("is over when its answer is, when its time is up, and when it is stopped", async () => {
    answer = (_, response) => response.writeHead(200).write("x");
    const closed = once(server, "connection").then(([socket]) => once(socket, "close"));
    const first = await ask(way, { path: "/", withinMs: 5000 }, async ({ stream }) => {
      for await (const piece of stream) return String(piece);
      return undefined;
    });
    assert.equal(first, "x");
    await closed;
    await assert.rejects(askText(way, { path: "/", withinMs: 50 }), { message: "no answer within 0.05 s" });
    const stop = new AbortController();
    const stopped = askText(way, { path: "/", withinMs: 5000, signal: stop.signal });
    stop.abort(new Error("stopped"));
    await assert.rejects(stopped, { message: "stopped" });
  });

  it("that cannot be asked says why in Node.js's words", async () => {
    const nobody = { name: "nobody", origin: new URL("http://127.0.0.1:1") };
    await assert.rejects(askText(nobody, { path: "/", withinMs: 5000 }), {
      message: "connect ECONNREFUSED 127.0.0.1:1",
    });
  });

  it("follows no redirect", async () => {
    answer = (_, response) => response.writeHead(301, { location: "http://127.0.0.1:1/" }).end();
    assert.equal((await askText(way, { path: "/", withinMs: 5000 })).status, 301);
  });

  it("goes with a key only where nobody on the way reads it", () => {
    const at = (origin: string): Way => ({ name: "", origin: new URL(origin) });
    for (const origin of [
      "https://x.example.org",
      "http://127.0.0.1:8000",
      "http://localhost",
      "http://[::1]:1",
    ]) {
      assert.equal(isPrivate(at(origin)), true, origin);
    }
    for (const origin of ["http://x.example.org", "http://127.0.0.1.example.org", "http://192.168.0.2"]) {
      assert.equal(isPrivate(at(origin)), false, origin);
    }
    assert.equal(isPrivate({ ...at("http://x"), connect: () => assert.fail() }), true);
  });

  it("is answered by a JSON object, or by none", () => {
    assert.deepEqual(jsonOf('{"a":"\\u001b"}'), { a: "\\u001b" });
    for (const text of ["", "[]", "null", "<html>", '"x"']) assert.equal(jsonOf(text), undefined);
  });
});
