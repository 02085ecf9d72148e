// What the routing pattern does in a Code node, whichever node that is: documented or real.
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type CodeMode, type CodeNode, codeModes } from "../../../lab/clients/code-node.ts";
import { routingPattern } from "../../../stacks/plan/routing-pattern.ts";
import { inClusterUrl } from "../../../stacks/vocabulary/names.ts";

const fallback = {
  ollamaUrl: "http://ollama.ml.svc.cluster.local:11434",
  ollamaModel: "llama3.2:1b",
  healthTimeoutMs: 300,
  healthIntervalMs: 10_000,
};

const cpu = [
  {
    json: {
      endpoint: "http://ollama.ml.svc.cluster.local:11434/api/chat",
      mode: "cpu",
      model: "llama3.2:1b",
    },
  },
];

/** Declares the cases for a Code node. */
export function routingCases(codeNode: () => CodeNode): void {
  let server: Server;
  let url: string;
  let status: number | undefined;
  let asked: string[];

  before(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (status !== undefined) response.writeHead(status).end("{}");
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  beforeEach(() => {
    asked = [];
    status = 200;
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const pattern = (own: Partial<typeof fallback> = {}) => routingPattern({ ...fallback, ...own });
  const at = (address: string, code = pattern()) => code.replaceAll(inClusterUrl, address);
  const run = (code: string, mode: CodeMode = "runOnceForAllItems") => codeNode().run(code, mode);

  for (const mode of codeModes) {
    it(`names the GPU under the alias where /health answers 200 (${mode})`, async () => {
      assert.deepEqual(await run(at(url), mode), [
        { json: { endpoint: `${url}/v1/chat/completions`, mode: "gpu", model: "default" } },
      ]);
      assert.deepEqual(asked, ["GET /health"]);
    });

    it(`names Ollama where the server does not want requests (${mode})`, async () => {
      status = 503;
      assert.deepEqual(await run(at(url), mode), cpu);
    });
  }

  it("takes no other status for well", async () => {
    for (status of [204, 404, 500, 502]) {
      assert.deepEqual(await run(at(url)), cpu, String(status));
    }
  });

  it("names Ollama where the connection is refused", async () => {
    assert.deepEqual(await run(at("http://127.0.0.1:1")), cpu);
  });

  it("names Ollama where the server does not answer in time", async () => {
    status = undefined;
    assert.deepEqual(await run(at(url)), cpu);
    assert.deepEqual(asked, ["GET /health"]);
  });

  it("hides no fault of the workflow as a GPU that is away", async () => {
    const wrong: [code: string, message: RegExp][] = [
      [at(url).replace("this.helpers.httpRequest(", "this.helpers.nothing("), /not a function/],
      [at(url).replace("this.helpers.httpRequest(", "$http.get("), /\$http is not defined/],
      [at("http://no-such-name.invalid:8000"), /ENOTFOUND|EAI_AGAIN/],
      [at("no-url"), /Invalid URL|ERR_INVALID_URL|Unknown error/], // a task runner loses this message
    ];
    for (const [code, message] of wrong) {
      await assert.rejects(run(code), (error: { message?: string }) => {
        assert.match(String(error.message), message);
        return true;
      });
    }
  });

  it("takes every value as data: none of them becomes code", async () => {
    status = 503;
    for (const ollamaModel of [
      "it's",
      'a"b',
      `x", y: this.helpers, z: "`,
      "a\\",
      "\u2028",
      "$" + "{1 + 1}",
      "`",
    ]) {
      const [{ json } = { json: {} }] = (await run(at(url, pattern({ ollamaModel })))) as typeof cpu;
      assert.equal((json as { model?: string }).model, ollamaModel);
    }
  });
}
