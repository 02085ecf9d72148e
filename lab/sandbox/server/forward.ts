import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { simulatedHeader } from "../stub/answers.ts";
import { letsIn } from "./route.ts";

/** The pod to forward to, until it serves no more, or the sentence that says why there is none. */
export type Target =
  | {
      readonly pod: string;
      readonly gone: AbortSignal;
      /** What the public route lets in; undefined where there is none, and every path is let in. */
      readonly rule: string | undefined;
    }
  | { readonly why: string };

/** Opens a connection to the server's port of a pod. */
export type Open = (pod: string) => Promise<Duplex>;

/**
 * The URL that `npm start` prints: each request goes through the API server to the ready pod behind the Service, as
 * Traefik would pass it on, or refuse it. While there is none, the answer is 503 with the reason.
 *
 * kwok does not pass on that the far end of a forwarded connection has been closed. So each request has a connection
 * of its own, since one that is kept would one day lead nowhere, and ends when its pod serves no more, since nothing
 * else would end it. The client's connection to the URL is kept.
 */
export function createForwarder(target: () => Target, open: Open): Server {
  return createServer((incoming, response) => {
    const current = target();
    if ("why" in current) return refuse(incoming, response, current.why);
    const { pathname } = new URL(incoming.url ?? "/", "http://localhost");
    if (current.rule !== undefined && !letsIn(current.rule, pathname)) return unknown(incoming, response);
    pass(incoming, response, current.gone, (connected) => {
      open(current.pod).then(
        (connection) => connected(null, connection),
        (error: Error) => connected(error),
      );
    });
  });
}

type Connected = (error: Error | null, connection?: Duplex) => void;

function pass(
  incoming: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
  connect: (connected: Connected) => void,
): void {
  const { method, url: path, headers } = incoming;
  const outgoing = request({
    ...{ method, path, headers: { ...headers, connection: "close" }, host: "vllm-api", signal },
    createConnection: (_options, connected) => {
      connect(connected as Connected);
      return undefined;
    },
  });
  outgoing.on("response", (answer) => {
    // Whether the client's connection is kept is between the client and this server.
    const { connection: _, "keep-alive": __, ...kept } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, kept);
    answer.pipe(response);
    answer.on("error", () => response.destroy());
  });
  outgoing.on("error", () => {
    if (response.headersSent) response.destroy();
    else refuse(incoming, response, "the server's connection ended; it may be restarting");
  });
  response.on("close", () => outgoing.destroy());
  incoming.pipe(outgoing);
}

/** Traefik's answer where no rule lets the request in. */
function unknown(incoming: IncomingMessage, response: ServerResponse): void {
  incoming.resume();
  response.writeHead(404, { ...simulatedHeader, "Content-Type": "text/plain; charset=utf-8" });
  response.end("404 page not found\n");
}

function refuse(incoming: IncomingMessage, response: ServerResponse, error: string): void {
  incoming.resume();
  const body = `${JSON.stringify({ error })}\n`;
  const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
  response.writeHead(503, { ...simulatedHeader, ...headers });
  response.end(body);
}
