import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { type KubeConfig, PortForward } from "@kubernetes/client-node";
import { platformNames } from "./platform-view.ts";
import { simulatedHeader } from "./stub/answers.ts";

/** The pod to forward to, or the sentence that says why there is none. */
export type Target = { readonly pod: string } | { readonly why: string };

/**
 * The URL that `npm start` prints. Each connection is forwarded through the API server to the ready pod behind the
 * Service, as Traefik would pass it on; while there is none, requests are answered 503 with the reason.
 */
export function createForwarder(config: KubeConfig, target: () => Target): Server {
  const portForward = new PortForward(config);
  const refusing = createHttpServer((request, response) => {
    request.resume();
    const current = target();
    const error = "why" in current ? current.why : "the server has just become ready; ask again";
    const body = `${JSON.stringify({ error })}\n`;
    const headers = {
      ...simulatedHeader,
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(body),
    };
    response.writeHead(503, { ...headers, Connection: "close" });
    response.end(body);
  });
  return createServer((socket) => {
    socket.on("error", () => socket.destroy());
    const current = target();
    if ("why" in current) {
      refusing.emit("connection", socket);
      return;
    }
    void forward(portForward, current.pod, socket).catch(() => refusing.emit("connection", socket));
  });
}

/** Rejects only when nothing has been taken from the client yet. */
async function forward(portForward: PortForward, pod: string, socket: Socket): Promise<void> {
  const opened = await portForward.portForward(
    platformNames.namespace,
    pod,
    [platformNames.port],
    socket,
    null,
    socket,
  );
  const webSocket = typeof opened === "function" ? opened() : opened;
  if (webSocket === null) throw new Error("the API server opened no connection");
  webSocket.onclose = () => socket.end();
  webSocket.onerror = () => socket.destroy();
  socket.on("close", () => webSocket.close());
  if (socket.destroyed) webSocket.close();
}
