// Does NOT prove anything of the API server's port-forward: a plain connection to a server on loopback plays it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { createForwarder, type Target } from "../../../../../lab/sandbox/server/forward.ts";

describe("the URL", () => {
  let pod: Server;
  let forwarder: Server;
  let target: Target;
  let gone: AbortController;
  const opened: string[] = [];
  const portOf = (server: Server) => (server.address() as AddressInfo).port;
  beforeEach(async () => {
    opened.length = 0;
    gone = new AbortController();
    target = { pod: "pod-1", gone: gone.signal, rule: undefined };
    pod = createServer(async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      if (body === "break") return void response.destroy();
      if (body === "say nothing") return gone.abort();
      response.writeHead(201, { "x-seen": `${request.method} ${request.url}` });
      response.write(body);
      if (body === "break off") return;
      if (body === "break later") return void setTimeout(() => response.destroy(), 20);
      response.end();
    }).listen(0, "127.0.0.1");
    await once(pod, "listening");
    forwarder = createForwarder(
      () => target,
      async (name) => {
        opened.push(name);
        if (name === "unreachable") throw new Error("no");
        return connect({ host: "127.0.0.1", port: portOf(pod) });
      },
    ).listen(0, "127.0.0.1");
    await once(forwarder, "listening");
  });
  afterEach(() => {
    for (const server of [pod, forwarder]) {
      server.closeAllConnections();
      server.close();
    }
  });

  const send = (body?: string) =>
    fetch(`http://127.0.0.1:${portOf(forwarder)}/a?b=c`, body === undefined ? {} : { method: "POST", body });

  it("passes method, path, body, status and headers on, each request by a connection of its own", async () => {
    const response = await send("hello");
    assert.deepEqual([response.status, response.headers.get("x-seen")], [201, "POST /a?b=c"]);
    assert.equal(await response.text(), "hello");
    assert.equal((await send()).headers.get("x-seen"), "GET /a?b=c");
    assert.deepEqual(opened, ["pod-1", "pod-1"]);
  });

  it("passes on only what the route lets in, and says the rest as Traefik does", async () => {
    const withRule = (rule: string) => {
      target = { pod: "pod-1", gone: gone.signal, rule };
    };
    withRule("Host(`h`) && (PathPrefix(`/v1/`) || Path(`/a`))");
    assert.equal((await send()).status, 201);
    withRule("Host(`h`) && (PathPrefix(`/v1/`) || Path(`/b`))");
    const response = await send("hello");
    assert.deepEqual([response.status, await response.text()], [404, "404 page not found\n"]);
    assert.equal(response.headers.get("x-simulated"), "vllm-platform sandbox");
    assert.deepEqual(opened, ["pod-1"]);
  });

  it("says why there is no server, labelled as simulated", async () => {
    target = { why: "no server is running: mode gaming" };
    const response = await send("hello");
    assert.equal(response.status, 503);
    assert.equal(response.headers.get("x-simulated"), "vllm-platform sandbox");
    assert.deepEqual(await response.json(), { error: "no server is running: mode gaming" });
    assert.deepEqual(opened, []);
  });

  it("follows to another pod", async () => {
    await send();
    target = { pod: "pod-2", gone: gone.signal, rule: undefined };
    await send();
    assert.deepEqual(opened, ["pod-1", "pod-2"]);
  });

  for (const [what, prepare, body] of [
    [
      "cannot be reached",
      () => (target = { pod: "unreachable", gone: gone.signal, rule: undefined }),
      "hello",
    ],
    ["ends before it answers", () => {}, "break"],
    ["serves no more, and its connection stays open without an answer", () => {}, "say nothing"],
  ] as const) {
    it(`says so when the pod ${what}`, async () => {
      prepare();
      const response = await send(body);
      assert.equal(response.status, 503);
      assert.match(
        ((await response.json()) as { error: string }).error,
        /connection ended; it may be restarting/,
      );
    });
  }

  it("cuts an answer off whose pod serves no more, while its connection stays open", async () => {
    const response = await send("break off");
    assert.equal(response.status, 201);
    gone.abort();
    await assert.rejects(response.text());
  });

  it("cuts an answer off whose pod ends in the midst of it", async () => {
    const response = await send("break later");
    assert.equal(response.status, 201);
    await assert.rejects(response.text());
  });
});
