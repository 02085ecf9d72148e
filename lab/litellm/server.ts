/** A process that stands in for a model: `node server.ts <port> <name>`. It says its name, a word each 50 ms, 40 words a stream. */
import { createServer, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

const [port = "", name = ""] = process.argv.slice(2);

createServer(async (request, response) => {
  const body = await text(request);
  if (request.url !== "/v1/chat/completions") return void response.writeHead(200).end("{}");
  const { stream = false } = JSON.parse(body) as { stream?: boolean };
  await (stream ? sayInParts(response) : sayAtOnce(response));
}).listen(Number(port), "127.0.0.1");

const about = { id: "chatcmpl-1", created: 0, model: name };

function sayAtOnce(response: ServerResponse): void {
  const choices = [{ index: 0, message: { role: "assistant", content: name }, finish_reason: "stop" }];
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ ...about, object: "chat.completion", choices }));
}

async function sayInParts(response: ServerResponse): Promise<void> {
  response.setHeader("content-type", "text/event-stream");
  const say = (delta: object, finish: string | null): void => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    response.write(`data: ${JSON.stringify({ ...about, object: "chat.completion.chunk", choices })}\n\n`);
  };
  for (let word = 0; word < 40 && !response.destroyed; word += 1) {
    say({ role: "assistant", content: `${name} ` }, null);
    await sleep(50);
  }
  say({}, "stop");
  response.end("data: [DONE]\n\n");
}
