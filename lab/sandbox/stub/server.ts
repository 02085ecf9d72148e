import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { simulatedHeader } from "./answers.ts";
import { type Answer, errorAnswer } from "./interface/errors.ts";
import type { Served } from "./interface/served.ts";
import { does } from "./interface/versions.ts";
import { createMeter, type Meter } from "./metrics.ts";
import { originHeaders, preflight } from "./origins.ts";
import { type Reply, type Route, routesOf } from "./routes.ts";

/** A stand-in for vLLM's OpenAI server. */
export interface StubServer {
  /**
   * Says what is served from now on; undefined is a pod that is not ready. Like there, nothing listens then: kwok
   * tells a client that a connection was refused, but not that it was closed later.
   */
  serve(served: Served | undefined): Promise<void>;
}

export interface StubOptions {
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** Milliseconds between two parts of a stream, asked at its beginning. @default 5 */
  readonly streamPause?: () => number;
  /** Sees each request first. True where it has answered, or where nobody shall. */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
}

export function createStubServer(
  port: number,
  { host, intercept, streamPause = () => 5 }: StubOptions = {},
): StubServer {
  let now: { readonly served: Served; readonly meter: Meter } | undefined;
  const server = createServer((request, response) => {
    if (now === undefined) return void response.destroy();
    // For the same reason a client is told in advance that its connection ends with the answer.
    response.setHeader("Connection", "close");
    const { served, meter } = now;
    void (async () => {
      if (await intercept?.(request, response)) return;
      await handle(request, response, { served, meter, streamPause });
    })().catch(() => response.destroy());
  });
  return {
    async serve(served) {
      // Another container counts anew.
      const meter = now?.served.created === served?.created ? now?.meter : undefined;
      now = served && { served, meter: meter ?? createMeter() };
      if (now === undefined) server.close();
      else if (!server.listening) await listen(server, port, host);
    },
  };
}

export function listen(server: Server, port: number, host = "127.0.0.1"): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { served, meter, streamPause }: { served: Served; meter: Meter; streamPause: () => number },
): Promise<void> {
  const { method = "GET", headers } = request;
  const { pathname: path, search } = new URL(request.url ?? "/", "http://localhost");
  if (!mayAsk(served, method, path, headers.authorization)) {
    return send(response, { status: 401, body: { error: "Unauthorized" } });
  }
  const asked = preflight(served, method, headers);
  if (asked !== undefined) return send(response, asked, asked.headers);
  for (const [name, value] of Object.entries(originHeaders(served, headers))) response.setHeader(name, value);
  const routes = routesOf(served);
  const route = routes[path];
  if (route === undefined) {
    const other = path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
    return routes[other] === undefined
      ? send(response, { status: 404, body: { detail: "Not Found" } })
      : send(response, empty(307), { Location: `http://${headers.host}${other}${search}` });
  }
  const refused = notTaken(served, route, request);
  if (refused !== undefined) return send(response, refused, refused.headers);
  const requestId = headers["x-request-id"];
  const body = await text(request);
  const reply = route.answer({ served, meter, body, requestId: [requestId].flat()[0] });
  await ("payloads" in reply ? sendStream(response, reply, streamPause) : send(response, reply));
}

/** Only paths below `/v1` ask for the key, and a browser's question beforehand needs none. */
function mayAsk({ apiKey, version }: Served, method: string, path: string, given = ""): boolean {
  if (apiKey === undefined || method === "OPTIONS" || !path.startsWith("/v1")) return true;
  const [scheme = "", ...key] = given.split(" ");
  const isBearer = does(version, "takes bearer in any case")
    ? scheme.toLowerCase() === "bearer"
    : scheme === "Bearer";
  return isBearer && key.join(" ") === apiKey;
}

/** The refusal of a method, or of a body that is not said to be JSON. */
function notTaken({ version }: Served, route: Route, request: IncomingMessage): Answer | undefined {
  if (!route.methods.includes(request.method ?? "")) {
    const headers = { Allow: route.methods.filter((method) => method !== "HEAD").join(", ") };
    return { status: 405, body: { detail: "Method Not Allowed" }, headers };
  }
  const [type = ""] = (request.headers["content-type"] ?? "").toLowerCase().split(";");
  if (!route.takesJson || type === "application/json") return undefined;
  const detail = "Unsupported Media Type: Only 'application/json' is allowed";
  return does(version, "refuses other media by 400")
    ? errorAnswer(version, 400, "Bad Request", `1 validation error:\n  ${detail}`)
    : { status: 415, body: { detail } };
}

const empty = (status: number) => ({ status, type: "", text: "" });

function send(
  response: ServerResponse,
  reply: Exclude<Reply, { payloads: unknown }>,
  headers: Readonly<Record<string, string>> = {},
): void {
  const isText = "text" in reply;
  const body = isText ? reply.text : JSON.stringify(reply.body);
  const type = isText ? reply.type : "application/json";
  const usual = { ...simulatedHeader, Server: "uvicorn", "Content-Length": Buffer.byteLength(body) };
  response.writeHead(reply.status, {
    ...usual,
    ...headers,
    ...(type === "" ? {} : { "Content-Type": type }),
  });
  response.end(body);
}

async function sendStream(
  response: ServerResponse,
  { payloads, ended }: Extract<Reply, { payloads: unknown }>,
  streamPause: () => number,
): Promise<void> {
  const pause = streamPause();
  response.writeHead(200, {
    ...simulatedHeader,
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
  });
  for (const payload of payloads) {
    if (response.destroyed) return ended(false);
    response.write(`data: ${JSON.stringify(payload)}\n\n`);
    await sleep(pause);
  }
  response.end("data: [DONE]\n\n");
  ended(true);
}
