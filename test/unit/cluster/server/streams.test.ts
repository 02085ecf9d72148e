// Does NOT prove that vLLM and Ollama send such streams: test/server asks a real vLLM, test/engine the stub.
import assert from "node:assert/strict";
import { eventsOf } from "../../../../cluster/server/event-stream.ts";
import { readStreamed, type Streamed } from "../../../../cluster/server/streamed.ts";

async function* pieces(...all: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const one of all) yield typeof one === "string" ? Buffer.from(one) : one;
}

async function all(...sent: (string | Uint8Array)[]): Promise<string[]> {
  const found: string[] = [];
  for await (const data of eventsOf(pieces(...sent))) found.push(data);
  return found;
}

describe("server-sent events", () => {
  it("are the same in whatever pieces they come, be it bytes of one character", async () => {
    const text = 'data: {"a": "é…"}\n\n: a comment\ndata:two\ndata: lines\n\nevent: x\r\ndata: r\r\n\r\n';
    const expected = ['{"a": "é…"}', "two\nlines", "r"];
    assert.deepEqual(await all(text), expected);
    assert.deepEqual(await all(...[...Buffer.from(text)].map((byte) => Uint8Array.of(byte))), expected);
  });

  it("may end their lines by carriage returns alone", async () => {
    assert.deepEqual(await all("data: a\r\rdata: b\r", "\r\n"), ["a", "b"]);
  });

  it("that end within one are told", async () => {
    for (const cut of ["data: a\n\ndata: b", "data: a\n\ndata: b\n"]) {
      await assert.rejects(all(cut), { message: "the stream ends within an event" });
    }
  });

  it("that never end are not kept for ever", async () => {
    await assert.rejects(all("data: ".padEnd(2 * 1024 ** 2, "x")), /more than 1048576 characters/);
  });
});

async function* list(...data: string[]): AsyncGenerator<string> {
  yield* data;
}

const chunk = (delta: object, more: object = {}): string =>
  JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null, ...more }] });

const without = ({ firstAt: _, lastAt: __, ...read }: Streamed) => read;

describe("a streamed answer", () => {
  it("is its parts, its end, and the tokens that the server counted", async () => {
    const read = await readStreamed(
      list(
        chunk({ role: "assistant", content: "" }),
        chunk({ reasoning_content: "hm" }),
        chunk({ content: "a" }),
        chunk({ content: "b" }, { finish_reason: "stop" }),
        JSON.stringify({ choices: [], usage: { completion_tokens: 7 }, system_fingerprint: "x" }),
        "[DONE]",
      ),
    );
    assert.deepEqual(without(read), {
      ...{ text: "ab", reasoning: "hm", parts: 3, tokens: 7, finish: "stop", done: true, fingerprint: "x" },
    });
    assert.ok(read.firstAt !== undefined && read.lastAt !== undefined && read.firstAt <= read.lastAt);
  });

  it("is a completion's, too, and a newer engine's chain of thought", async () => {
    const text = await readStreamed(list('{"choices":[{"text":"a"}]}', "[DONE]"));
    assert.equal(text.text, "a");
    const thought = await readStreamed(list(chunk({ reasoning: "hm" })));
    assert.deepEqual([thought.reasoning, thought.done], ["hm", false]);
  });

  it("is read only as far as it is needed", async () => {
    const read = await readStreamed(list(chunk({ content: "<think>" }), "never read"), ({ text }) =>
      text.includes("<think>"),
    );
    assert.equal(read.text, "<think>");
  });

  it("that is none, breaks off, or goes on after its end is told", async () => {
    const told: [string[], RegExp][] = [
      [["<html>"], /an event is no JSON object: <html>/],
      [["[1]"], /no JSON object/],
      [
        ['{"error":{"message":"boom\\u001b[2J"}}'],
        /breaks off with an error: \{"message":"boom\\+u001b\[2J"\}/,
      ],
      [['{"object":"error","message":"old"}'], /breaks off with an error: .*old/],
      [["[DONE]", chunk({ content: "x" })], /more comes after \[DONE\]/],
    ];
    for (const [sent, message] of told) {
      await assert.rejects(readStreamed(list(...sent)), { message });
    }
  });
});
