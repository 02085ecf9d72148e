// Does NOT prove the way through the API server, which the engine tests go; here a connection leads to the server at once.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { ClusterApi } from "../../../cluster/api.ts";
import { readServedNames } from "../../../cluster/server-api.ts";

describe("the question for the served names", () => {
  const key = "sk-test";
  let server: Server;
  let opened: Socket[];
  let status: number;

  before(async () => {
    server = createServer(({ headers, url }, response) => {
      assert.equal(url, "/v1/models");
      const known = headers.authorization === `Bearer ${key}`;
      response
        .writeHead(known ? status : 401)
        .end(JSON.stringify({ data: known ? [{ id: "a" }, { id: "b" }] : [] }));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });

  beforeEach(() => {
    opened = [];
    status = 200;
  });

  after(() => server.close());

  const api = {
    connect: async (path: string) => {
      assert.equal(path, "/api/v1/namespaces/ml/pods/x/portforward?ports=8000");
      const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
      opened.push(socket);
      await once(socket, "connect");
      return socket;
    },
    get: async () => ({ data: { "api-key": Buffer.from(key).toString("base64") } }),
  } as unknown as ClusterApi;

  it("is asked again with the cluster's key where the server wants one, and leaves no connection open", async () => {
    assert.deepEqual(await readServedNames(api, "x"), ["a", "b"]);
    assert.deepEqual(
      opened.map(({ destroyed }) => destroyed),
      [true, true],
    );
  });

  it("tells the status of any other answer, and leaves no connection open", async () => {
    status = 503;
    await assert.rejects(readServedNames(api, "x"), { message: "/v1/models answered 503" });
    assert.deepEqual(
      opened.map(({ destroyed }) => destroyed),
      [true, true],
    );
  });
});
