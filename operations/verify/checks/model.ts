/** What the model answers: completions, chat, whole and streamed. Few tokens each; what they say is not judged. */
import { jsonOf, type Reply, textOf } from "../../../cluster/server/ask.ts";
import { eventsOf } from "../../../cluster/server/event-stream.ts";
import { readStreamed, type Streamed } from "../../../cluster/server/streamed.ts";
import { modelAlias } from "../../../stacks/vocabulary/names.ts";
import { oneLine } from "../../../system/terminal/foreign-text.ts";
import { Wrong } from "../base/report.ts";
import { expectReply, generate, type Subject } from "../base/subject.ts";

/** The most that a model is asked to write for a check, in tokens. */
const fewTokens = 16;

/** The name that clients use in every mode. */
const model = modelAlias;
const messages = [{ role: "user", content: "Say hello." }];

export async function completion(subject: Subject): Promise<string> {
  const body = { model, prompt: "Hello", max_tokens: fewTokens };
  const { object, choices, usage } = await generate(subject, "/v1/completions", body, wholeAnswer);
  if (object !== "text_completion" || typeof choices?.[0]?.text !== "string") {
    throw new Wrong("it is no text_completion with a text");
  }
  return `${tokensIn(usage)} tokens`;
}

export async function chat(subject: Subject): Promise<string> {
  const body = { model, messages, max_tokens: fewTokens };
  const { object, choices, usage } = await generate(subject, "/v1/chat/completions", body, wholeAnswer);
  const message = choices?.[0]?.message;
  // With a parser for it, all that was written may be the chain of thought.
  const texts = [message?.content, message?.reasoning, message?.reasoning_content];
  if (object !== "chat.completion" || !texts.some((text) => typeof text === "string")) {
    throw new Wrong("it is no chat.completion with a message");
  }
  return `${tokensIn(usage)} tokens`;
}

export async function stream(subject: Subject): Promise<string> {
  const body = { model, messages, max_tokens: fewTokens, stream: true };
  const read = await generate(subject, "/v1/chat/completions", body, (reply) => streamOf(reply));
  if (!read.done) {
    throw new Wrong("the stream ends without [DONE]");
  }
  if (read.finish === undefined) {
    throw new Wrong("no part says why it ends (finish_reason)");
  }
  return `${read.parts} parts, [DONE]`;
}

/** The reply as a stream of events. @param enough ends the reading early */
export function streamOf(reply: Reply, enough?: (sofar: Streamed) => boolean): Promise<Streamed> {
  expectReply(reply, { type: "text/event-stream" });
  return readStreamed(eventsOf(reply.stream), enough);
}

interface Whole {
  object?: unknown;
  choices?: { text?: unknown; message?: Record<string, unknown> }[];
  usage?: { completion_tokens?: unknown };
}

async function wholeAnswer(reply: Reply): Promise<Whole> {
  const text = await textOf(reply);
  if (reply.status !== 200) {
    throw new Wrong(`it answers ${reply.status} and not 200: ${oneLine(text)}`);
  }
  expectReply(reply, { type: "application/json" });
  const found = jsonOf(text);
  if (found === undefined) {
    throw new Wrong("it is no JSON object");
  }
  return found as Whole;
}

function tokensIn(usage: Whole["usage"]): number {
  const tokens = usage?.completion_tokens;
  if (typeof tokens !== "number" || tokens < 1) {
    throw new Wrong("it counts no tokens (usage)");
  }
  return tokens;
}
