// Does NOT prove that the API server and kubelets speak this way: the engine tests ask real ones (kwok's kubelet among them).
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { openPortForward } from "../../../../cluster/api/port-forward.ts";

describe("a connection to a port of a pod", () => {
  const portNumber = [0x40, 0x1f];
  let server: Server;
  let sockets: WebSocketServer;
  let answers: (socket: WebSocket) => void;
  let refused: number | undefined;

  before(async () => {
    sockets = new WebSocketServer({ noServer: true });
    server = createServer().on("upgrade", (request, socket, head) => {
      if (refused !== undefined) {
        socket.end(`HTTP/1.1 ${refused} Refused\r\n\r\n`);
        return;
      }
      assert.equal(request.headers.authorization, "Bearer token");
      assert.equal(request.headers["sec-websocket-protocol"], "v4.channel.k8s.io");
      assert.equal(request.url, "/pods/x/portforward?ports=8000");
      sockets.handleUpgrade(request, socket, head, (opened) => answers(opened));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });

  afterEach(() => {
    refused = undefined;
    for (const client of sockets.clients) client.terminate();
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const refusal = async ({ statusCode }: IncomingMessage): Promise<Error> =>
    new Error(`refused: ${statusCode}`);
  const open = (withinMs = 1000): Promise<Duplex> =>
    openPortForward(
      new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/pods/x/portforward?ports=8000`),
      { headers: { authorization: "Bearer token" } },
      withinMs,
      refusal,
    );

  const begin = (socket: WebSocket): void => {
    for (const channel of [0, 1]) socket.send(Buffer.from([channel, ...portNumber]));
  };

  it("carries bytes both ways, without the channels' numbers and their beginning", async () => {
    answers = (socket) => {
      begin(socket);
      socket.on("message", (message: Buffer) => {
        assert.equal(message[0], 0);
        socket.send(Buffer.concat([Buffer.of(0), Buffer.from(message.subarray(1).toString().toUpperCase())]));
        socket.close();
      });
    };
    const connection = await open();
    connection.write("hello");
    const parts: Buffer[] = [];
    for await (const part of connection) parts.push(part as Buffer);
    assert.equal(Buffer.concat(parts).toString(), "HELLO");
  });

  it("holds bytes back for a reader that is slow, and loses none", async () => {
    const size = 4_000_000;
    answers = (socket) => {
      begin(socket);
      const part = Buffer.alloc(40_001, 7);
      part[0] = 0;
      for (let sent = 0; sent < size; sent += 40_000) socket.send(part);
      socket.close();
    };
    let received = 0;
    for await (const part of await open()) {
      received += (part as Buffer).length;
      await new Promise((wake) => setImmediate(wake));
    }
    assert.equal(received, size);
  });

  it("ends with what the node says is wrong", async () => {
    answers = (socket) => {
      begin(socket);
      socket.send(Buffer.concat([Buffer.of(1), Buffer.from("connection refused\n")]));
    };
    await assert.rejects(once((await open()).resume(), "end"), { message: "connection refused" });
  });

  it("is refused in the words for the answer, or where it does not answer in time", async () => {
    refused = 403;
    await assert.rejects(open(), { message: "refused: 403" });
    refused = undefined;
    const silent = createServer().on("upgrade", () => {});
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    await assert.rejects(openPortForward(new URL(`http://127.0.0.1:${port}/`), {}, 100, refusal), {
      message: "no way to it within 0.1 s; is its node on?",
    });
    silent.closeAllConnections();
    silent.close();
  });
});
