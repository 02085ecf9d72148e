import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  type Answer,
  errorAnswer,
  type GenerationKind,
  type GenerationRequest,
  generate,
  modelList,
  refusal,
  type Served,
  simulatedHeader,
  streamedAnswer,
  wholeAnswer,
} from "./answers.ts";

/** A stand-in for vLLM's OpenAI server. */
export interface StubServer {
  /**
   * Says what is served from now on; undefined is a pod that is not ready. Like there, nothing listens then: kwok
   * tells a client that a connection was refused, but not that it was closed later.
   */
  serve(served: Served | undefined): Promise<void>;
}

/** Milliseconds between two parts of a stream. */
const streamPause = 5;

/** @param port on 127.0.0.1 */
export function createStubServer(port: number): StubServer {
  let served: Served | undefined;
  const server = createServer((request, response) => {
    if (served === undefined) return void response.destroy();
    // For the same reason a client is told in advance that its connection ends with the answer.
    response.setHeader("Connection", "close");
    void handle(request, response, served).catch(() => response.destroy());
  });
  return {
    async serve(next) {
      served = next;
      if (next === undefined) server.close();
      else if (!server.listening) await listen(server, port);
    },
  };
}

/** Listens on 127.0.0.1 only. */
export function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Real vLLM loads Swagger UI from a public network; this page loads nothing. */
const docsPage = `<!DOCTYPE html>
<title>Swagger UI (simulated)</title>
<h1>Swagger UI (simulated by the vllm-platform sandbox)</h1>
<p>GET /v1/models, POST /v1/completions, POST /v1/chat/completions, GET /health, GET /version</p>
`;

async function handle(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  if (path.startsWith("/v1") && served.apiKey !== undefined && request.method !== "OPTIONS") {
    if (request.headers.authorization !== `Bearer ${served.apiKey}`) {
      return sendJson(response, { status: 401, body: { error: "Unauthorized" } });
    }
  }
  const isGet = request.method === "GET" || request.method === "HEAD";
  switch (path) {
    case "/health":
      return isGet ? send(response, 200, "text/plain", "") : notAllowed(response);
    case "/version":
      return isGet
        ? sendJson(response, { status: 200, body: { version: served.version } })
        : notAllowed(response);
    case "/docs":
      return isGet ? send(response, 200, "text/html; charset=utf-8", docsPage) : notAllowed(response);
    case "/v1/models":
      return isGet ? sendJson(response, modelList(served)) : notAllowed(response);
    case "/v1/completions":
      return request.method === "POST"
        ? generation("completion", request, response, served)
        : notAllowed(response);
    case "/v1/chat/completions":
      return request.method === "POST" ? generation("chat", request, response, served) : notAllowed(response);
    default:
      return sendJson(response, { status: 404, body: { detail: "Not Found" } });
  }
}

async function generation(
  kind: GenerationKind,
  request: IncomingMessage,
  response: ServerResponse,
  served: Served,
): Promise<void> {
  const asked = parseBody(await readBody(request));
  if (asked === undefined) {
    return sendJson(
      response,
      errorAnswer(
        400,
        "BadRequestError",
        "[{'type': 'json_invalid', 'loc': ('body',), 'msg': 'JSON decode error'}]",
      ),
    );
  }
  const refused = refusal(served, kind, asked);
  if (refused !== undefined) return sendJson(response, refused);
  const generated = generate(served, kind, asked);
  const now = Math.floor(Date.now() / 1000);
  if (asked.stream === true) {
    const withUsage = asked.stream_options?.include_usage === true;
    await sendStream(response, streamedAnswer(kind, generated, now, withUsage));
  } else {
    sendJson(response, wholeAnswer(kind, generated, now));
  }
}

async function sendStream(response: ServerResponse, payloads: readonly unknown[]): Promise<void> {
  response.writeHead(200, {
    ...simulatedHeader,
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
  });
  for (const payload of payloads) {
    if (response.destroyed) return;
    response.write(`data: ${JSON.stringify(payload)}\n\n`);
    await new Promise((wake) => setTimeout(wake, streamPause));
  }
  response.end("data: [DONE]\n\n");
}

function notAllowed(response: ServerResponse): void {
  sendJson(response, { status: 405, body: { detail: "Method Not Allowed" } });
}

function sendJson(response: ServerResponse, answer: Answer): void {
  send(response, answer.status, "application/json", JSON.stringify(answer.body));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  const headers = { ...simulatedHeader, Server: "uvicorn", "Content-Length": Buffer.byteLength(body) };
  response.writeHead(status, body === "" ? headers : { ...headers, "Content-Type": type });
  response.end(body);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

function parseBody(text: string): GenerationRequest | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
