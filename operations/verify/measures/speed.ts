/** How soon a model's first token comes, and how fast the others do: by streams of a chat, one at a time and four at once. */

import type { Plan } from "../../../stacks/plan/index.ts";
import { targetsOf } from "../../../stacks/plan/targets.ts";
import { modelAlias } from "../../../stacks/vocabulary/names.ts";
import { type Measurement, measured, orWhy } from "../base/report.ts";
import { generate, type Subject } from "../base/subject.ts";
import { streamOf } from "../checks/model.ts";

/** Tokens of each stream: long enough for a speed, over in 2 s at the target's. */
const streamTokens = 96;

/** Fewer tokens than these say nothing of a speed. */
const fewestTokens = 8;

/** Streams one after the other, of which the median counts. */
const single = 3;

/** Streams at once. */
const together = 4;

interface Timed {
  /** Seconds from the question to the first token. */
  first: number;
  tokens: number;
  firstAt: number;
  lastAt: number;
}

/** Where one stream does not come through, no further one is asked for: each might be waited for in vain. */
export async function measureSpeed(subject: Subject, plan: Plan): Promise<Measurement[]> {
  const { speed: target } = targetsOf(plan);
  const one = await orWhy(subject.signal, inTurn(subject));
  const four =
    one instanceof Error
      ? one
      : await orWhy(
          subject.signal,
          Promise.all(Array.from({ length: together }, (_, place) => timed(subject, single + place))),
        );
  const each = <Value>(value: Timed[] | Error, take: (all: Timed[]) => Value): Value | Error =>
    value instanceof Error ? value : take(value);
  return [
    measured(
      "firstToken",
      "s",
      each(one, (all) => median(all.map(({ first }) => first))),
      {
        note: `median of ${single}`,
      },
    ),
    measured(
      "speed",
      "tokens/s",
      each(one, (all) => median(all.map(speedOf))),
      {
        target,
        note: `median of ${single} streams, one after the other`,
      },
    ),
    measured("speedOfFour", "tokens/s", each(four, speedOfAll), {
      note: `all of ${together} streams at once`,
    }),
  ];
}

async function inTurn(subject: Subject): Promise<Timed[]> {
  const all: Timed[] = [];
  for (let place = 0; place < single; place += 1) {
    all.push(await timed(subject, place));
  }
  return all;
}

/** @param place makes each prompt another, so that none is found in the server's cache */
async function timed(subject: Subject, place: number): Promise<Timed> {
  const body = {
    model: modelAlias,
    messages: [{ role: "user", content: `${place + 2} times: count from ${place + 1} to 500 in words.` }],
    max_tokens: streamTokens,
    temperature: 0,
    stream: true,
    stream_options: { include_usage: true },
    ignore_eos: true, // vLLM's own: as many tokens each time
  };
  return generate(subject, "/v1/chat/completions", body, async (reply) => {
    const { tokens, parts, firstAt, lastAt } = await streamOf(reply);
    const written = tokens ?? parts;
    if (firstAt === undefined || lastAt === undefined || parts < 2 || written < fewestTokens) {
      throw new Error(`the answer had ${written} tokens, too few to measure`);
    }
    return { first: (firstAt - reply.sentAt) / 1000, tokens: written, firstAt, lastAt };
  });
}

/** Tokens a second after the first one. */
function speedOf({ tokens, firstAt, lastAt }: Timed): number {
  return ((tokens - 1) * 1000) / (lastAt - firstAt);
}

/** Of several streams together: all tokens, from the first one's first to the last one's last. */
function speedOfAll(all: readonly Timed[]): number {
  const tokens = all.reduce((sum, one) => sum + one.tokens, 0) - 1;
  const from = Math.min(...all.map(({ firstAt }) => firstAt));
  const to = Math.max(...all.map(({ lastAt }) => lastAt));
  return (tokens * 1000) / (to - from);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
}
