/**
 * A stub server on every address of a private network: `server.ts '{"port": …, "args": […], "version": …, "faulty": true}'`. Where
 * it may be faulty, it does what a request asks for in the header `x-fault`: what servers do, and what stands before them. In its
 * answers `x-seen` says what has reached it, path and key, and `x-connection` by which of its connections.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { ollamaPort } from "../../../stacks/vocabulary/names.ts";
import { readServerArguments } from "../../sandbox/stub/interface/arguments.ts";
import { createStubServer } from "../../sandbox/stub/server.ts";

/** Milliseconds between two parts of a stream that is slow. */
const slowPause = 300;

const json = { "content-type": "application/json" };
const events = { "content-type": "text/event-stream" };
const error = JSON.stringify({ error: { message: "the engine is dead", code: 503 } });
const part = (text: string): string =>
  `data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}\n\n`;

type Answering = (response: ServerResponse, body: Buffer) => unknown;

const faults: Record<string, Answering> = {
  "503 as JSON": (response) =>
    response.writeHead(503, { ...json, "content-length": Buffer.byteLength(error) }).end(error),
  "503 chunked": (response) => {
    response.writeHead(503, json).write(error.slice(0, 5));
    setTimeout(() => response.end(error.slice(5)), 20);
  },
  "503 as events": (response) => {
    response.writeHead(503, events).write(`data: ${error}\n\n`);
    setTimeout(() => response.end("data: [DONE]\n\n"), 20);
  },
  "500": (response) => response.writeHead(500, json).end(error),
  "reset before the first byte": (response) => response.socket?.resetAndDestroy(),
  "reset after the first byte": (response) => {
    response.writeHead(200, events).write(part("one"));
    setTimeout(() => response.socket?.resetAndDestroy(), 100);
  },
  hang: () => {},
  "slow stream": async (response) => {
    response.writeHead(200, events);
    for (const word of ["one ", "two ", "three ", "four "]) {
      response.write(part(word));
      await sleep(slowPause);
    }
    response.end("data: [DONE]\n\n");
  },
  echo: (response, body) => response.writeHead(200, json).end(body),
};

interface Options {
  readonly port: number;
  /** vLLM's own. */
  readonly args: readonly string[];
  readonly version: string;
  /** Does what requests ask for. */
  readonly faulty: boolean;
}

const { port, args, version, faulty } = JSON.parse(process.argv[2] ?? "{}") as Options;
/** Nothing but this program asks there. */
const stubPort = port + 10_000;
await createStubServer(stubPort, port === ollamaPort ? { intercept: answerAsOllama } : {}).serve({
  ...readServerArguments(args),
  created: Math.floor(Date.now() / 1000),
  version,
});
const connections = new WeakMap<Socket, number>();
let opened = 0;
const server = createServer((asked, answer) => {
  answer.setHeader("x-connection", connections.get(asked.socket) ?? 0);
  answer.setHeader("x-seen", `${asked.url} ${asked.headers.authorization ?? "no key"}`);
  const fault = faulty ? faults[String(asked.headers["x-fault"])] : undefined;
  if (fault === undefined) return passOn(asked, answer);
  buffer(asked).then(
    (body) => fault(answer, body),
    () => answer.destroy(),
  );
});
server.on("connection", (socket) => connections.set(socket, ++opened));
// vLLM's own server keeps an idle connection for 5 s.
server.keepAliveTimeout = 5_000;
server.listen(port, "0.0.0.0", () => console.log("ready"));

/** Where it stands for Ollama: the one path of Ollama's own that clients of the platform ask, and no faults. */
async function answerAsOllama({ url }: IncomingMessage, response: ServerResponse): Promise<boolean> {
  if (url !== "/api/chat") return false;
  const message = { role: "assistant", content: "This is a simulated answer of the CPU." };
  response.writeHead(200, { "Content-Type": "application/json" });
  response.end(
    JSON.stringify({ model: "simulated", created_at: new Date().toISOString(), message, done: true }),
  );
  return true;
}

function passOn(asked: IncomingMessage, answer: ServerResponse): void {
  const { method, url: path, headers } = asked;
  const onward = request({ host: "127.0.0.1", port: stubPort, method, path, headers }, (response) => {
    const { connection: _, ...kept } = response.headers;
    answer.writeHead(response.statusCode ?? 502, kept);
    response.pipe(answer);
  });
  onward.on("error", () => answer.destroy());
  asked.pipe(onward);
}
