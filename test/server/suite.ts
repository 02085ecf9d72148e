/** Asks a server, and compares. The same cases are for the stub and for a real vLLM. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import type { About, Ask, Case } from "./case.ts";
import { errors } from "./cases/errors.ts";
import { generation } from "./cases/generation.ts";
import { metrics } from "./cases/metrics.ts";
import { paths } from "./cases/paths.ts";
import { streams } from "./cases/streams.ts";
import { differences } from "./shape.ts";

export const casesFor = (about: About): Case[] =>
  [paths, metrics, generation, streams, errors].flatMap((cases) => cases(about));

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** @param url such as `http://127.0.0.1:18000` @throws AssertionError with all differences */
export async function check(
  url: string,
  about: About,
  { ask, status, headers, body, stream }: Case,
): Promise<void> {
  const answer = await send(url, about, ask);
  const found = [
    ...differences(answer.status, status, "the status"),
    ...differences(answer.headers, headers ?? {}, "header"),
    ...(body === undefined ? [] : differences(asJson(answer.text), body, "the body")),
    ...(stream === undefined ? [] : streamDifferences(answer.text, stream)),
  ];
  assert.equal(found.length, 0, `${found.join("\n")}\nIt answered: ${answer.text.slice(0, 500)}`);
}

function streamDifferences(answer: string, { first, last, others }: NonNullable<Case["stream"]>): string[] {
  const events = answer.split("\n\n");
  const parts = events.slice(0, -2).map((event) => asJson(event.replace(/^data: /, "")));
  return [
    ...differences(events.slice(-2), ["data: [DONE]", ""], "the stream's end"),
    ...differences(parts[0], first, "its first part"),
    ...differences(parts.at(-1), last, "its last part"),
    ...(others === undefined
      ? []
      : parts.slice(0, -1).flatMap((part, place) => differences(part, others, `its part ${place}`))),
  ];
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Not `fetch`, which follows where it is sent and keeps what it sends of another origin to itself. */
function send(url: string, { apiKey }: About, ask: Ask): Promise<Answer> {
  const body = ask.text ?? (ask.json === undefined ? undefined : JSON.stringify(ask.json));
  const authorization = ask.authorization ?? (apiKey === undefined ? undefined : `Bearer ${apiKey}`);
  const headers = {
    ...(ask.json === undefined ? {} : { "Content-Type": "application/json" }),
    ...(authorization === undefined ? {} : { Authorization: authorization }),
    ...ask.headers,
  };
  const method = ask.method ?? (body === undefined ? "GET" : "POST");
  return new Promise((resolve, reject) => {
    const asking = request(`${url}${ask.path}`, { method, headers, agent: false }, (response) => {
      text(response).then(
        (all) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: all }),
        reject,
      );
    });
    asking.once("error", reject).end(body);
  });
}
