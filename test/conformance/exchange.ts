/** One request to a plugin and what must come back, and how the two are compared. */
import assert from "node:assert/strict";
import type { Fields, Method } from "./messages.ts";
import type { Answer, LogLine, Plugin } from "./plugin.ts";

export interface Exchange {
  /** What the exchange shows, as the end of a sentence that begins with the plugin's name. */
  name: string;
  call: Method;
  request?: Fields;
  /** The answer expected. In it, a regular expression stands for any text that it matches. */
  reply?: Fields;
  /** The error expected in place of an answer; `code` is gRPC's, 2 (unknown) unless given. */
  error?: { code?: number; message: string | RegExp };
  /** Lines shown while the call runs; none unless given. Debug lines do not count. */
  logs?: (Omit<LogLine, "message"> & { message: string | RegExp })[];
  /** Set where a stand-in says something else on purpose, such as that it is one. */
  only?: "stand-in" | "official";
}

/** Makes the exchange and compares. */
export async function play(plugin: Plugin, exchange: Exchange): Promise<void> {
  plugin.takeLogs();
  const answer = withoutOrder(await plugin.call(exchange.call, exchange.request));
  const logs = plugin.takeLogs().filter((line) => line.severity !== "debug");
  const expected = withoutOrder(
    exchange.error ? { error: { code: 2, ...exchange.error } } : { reply: exchange.reply ?? {} },
  );
  assert.deepEqual(answer, matched(expected, answer));
  assert.deepEqual(logs, matched(exchange.logs ?? [], logs));
}

/** Lists whose order the protocol leaves open, and official plugins do not keep, are compared as sets. */
function withoutOrder(answer: Answer | { error: unknown }): unknown {
  if (!("reply" in answer)) return answer;
  const sorted = (list: unknown) =>
    Array.isArray(list) ? list.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))) : list;
  return {
    reply: Object.fromEntries(
      Object.entries(answer.reply).map(([name, value]) =>
        ["diffs", "replaces", "failures"].includes(name) ? [name, sorted(value)] : [name, value],
      ),
    ),
  };
}

/** The expected value, with what a regular expression in it matches put in its place. */
export function matched(expected: unknown, actual: unknown): unknown {
  if (expected instanceof RegExp)
    return typeof actual === "string" && expected.test(actual) ? actual : expected;
  if (Array.isArray(expected)) {
    return expected.map((element, index) =>
      matched(element, Array.isArray(actual) ? actual[index] : undefined),
    );
  }
  if (typeof expected === "object" && expected !== null) {
    const others = (typeof actual === "object" && actual !== null ? actual : {}) as Fields;
    return Object.fromEntries(
      Object.entries(expected).map(([key, value]) => [key, matched(value, others[key])]),
    );
  }
  return expected;
}
