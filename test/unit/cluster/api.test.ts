// Does not prove TLS, nor login plugins and proxies: those are the official client's; the engine tests use real certificates.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { ApiError, openApi, UnreachableError } from "../../../cluster/api.ts";
import { RefusedError } from "../../../stacks/errors.ts";

describe("requests to an API server", () => {
  const folder = mkdtempSync(join(tmpdir(), "vllm-platform-api-"));
  const kubeconfig = join(folder, "config.yaml");
  let server: Server;
  let answer: { status: number; body: string };
  let seen: { method?: string; url?: string; authorization?: string; body: string };

  const connection = (context = "here") => ({ kubeconfig, context, identifier: "test" });
  const write = (content: object): void => writeFileSync(kubeconfig, stringify(content));
  const config = (cluster: object, user: object) => ({
    contexts: [{ name: "here", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user }],
  });

  before(async () => {
    server = createServer(async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      const { method, url, headers } = request;
      seen = {
        ...(method ? { method } : {}),
        ...(url ? { url } : {}),
        body,
        ...(headers.authorization ? { authorization: headers.authorization } : {}),
      };
      response.writeHead(answer.status).end(answer.body);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    writeFileSync(join(folder, "token"), "from-a-file\n");
    write(config({ server: `http://127.0.0.1:${port}/prefix/` }, { tokenFile: "token" }));
  });

  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  it("give the object, with the token that the file beside the kubeconfig holds now", async () => {
    answer = { status: 200, body: '{"metadata":{"name":"x"}}' };
    const api = await openApi(connection());
    assert.deepEqual(await api.get("/api/v1/x"), { metadata: { name: "x" } });
    assert.deepEqual(seen, {
      method: "GET",
      url: "/prefix/api/v1/x",
      authorization: "Bearer from-a-file",
      body: "",
    });
    writeFileSync(join(folder, "token"), "replaced");
    await api.patch("/api/v1/x", [{ op: "remove", path: "/a" }]);
    assert.equal(seen.authorization, "Bearer replaced");
    assert.equal(seen.body, '[{"op":"remove","path":"/a"}]');
  });

  it("give what is no object as it stands, or the API server's words", async () => {
    const api = await openApi(connection());
    answer = { status: 200, body: "the first line\nthe last line\n" };
    assert.equal(await api.text("/api/v1/x/log"), answer.body);
    answer = { status: 400, body: '{"reason":"BadRequest","message":"container not found"}' };
    await assert.rejects(api.text("/api/v1/x/log"), new ApiError(400, "BadRequest", "container not found"));
  });

  it("take a missing object, and a missing kind, for no error", async () => {
    const api = await openApi(connection());
    for (const body of ['{"reason":"NotFound","message":"no"}', "404 page not found\n"]) {
      answer = { status: 404, body };
      assert.equal(await api.get("/x"), undefined);
      await api.remove("/x");
    }
  });

  it("tell a refusal by its code and the API server's own words", async () => {
    answer = { status: 409, body: '{"reason":"Conflict","message":"it has changed"}' };
    const api = await openApi(connection());
    await assert.rejects(
      api.replace("/x", {}),
      (error: unknown) =>
        error instanceof ApiError && error.code === 409 && error.message === "it has changed",
    );
  });

  const unreachable: [string, { status: number; body: string }, RegExp][] = [
    ["a proxy's page", { status: 502, body: "<html>" }, /answers 502, and not as an API server/],
    [
      "rejected credentials",
      { status: 401, body: '{"message":"Unauthorized"}' },
      /does not accept the kubeconfig's credentials/,
    ],
  ];
  for (const [name, given, text] of unreachable) {
    it(`take ${name} for a cluster that cannot be reached`, async () => {
      answer = given;
      const api = await openApi(connection());
      await assert.rejects(
        api.get("/x"),
        (error: unknown) => error instanceof UnreachableError && text.test(error.message),
      );
    });
  }

  it("name the address that does not answer", async () => {
    write(config({ server: "http://127.0.0.1:1" }, {}));
    const api = await openApi(connection());
    await assert.rejects(
      api.get("/x"),
      (error: unknown) =>
        error instanceof UnreachableError &&
        error.message === "http://127.0.0.1:1 does not answer: connect ECONNREFUSED 127.0.0.1:1",
    );
  });

  it("are refused by name where the kubeconfig does not describe the cluster", async () => {
    const refused = (context: string, text: RegExp) =>
      assert.rejects(
        openApi(connection(context)),
        (error: unknown) => error instanceof RefusedError && text.test(error.message),
      );
    await refused("there", /there: there is no such context\. Name one of here\./);
    write({ contexts: [{ name: "here", context: { cluster: "c", user: "u" } }] });
    await refused("here", /its cluster c is not described there/);
    write(config({}, {}));
    await refused("here", /its cluster has no server address/);
    rmSync(kubeconfig);
    await refused("here", /the file does not exist\. Name the kubeconfig in cluster\.kubeconfig/);
  });
});
