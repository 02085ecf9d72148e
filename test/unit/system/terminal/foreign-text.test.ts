// Does NOT prove that every text of others goes through it; the tests of what reads a cluster and a node do, each for its own.
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  harmless,
  harmlessLog,
  inOneLine,
  oneLine,
  parseHarmless,
} from "../../../../system/terminal/foreign-text.ts";

/** What a terminal acts on; lines and tabs stay. */
const acts = /(?![\t\n\r])\p{Cc}|\r(?!\n)|[\u202a-\u202e\u2066-\u2069]/u;
const texts = fc.string({ unit: "binary", maxLength: 60 });

describe("text of others", () => {
  it("does not act on a terminal, whatever it is, and loses nothing else", () => {
    fc.assert(
      fc.property(texts, (text) => {
        assert.doesNotMatch(harmless(text), acts);
        assert.doesNotMatch(harmlessLog(text), acts);
        assert.doesNotMatch(oneLine(text), /\p{Cc}/u);
        assert.doesNotMatch(inOneLine(text), /\n/);
        if (!acts.test(text)) assert.equal(harmless(text), text);
      }),
    );
  });

  it("is made harmless in JSON however that writes it, and stays another text than the harmless one", () => {
    fc.assert(
      fc.property(texts, fc.boolean(), (text, escaped) => {
        const json = JSON.stringify({ a: [text] });
        const written = escaped
          ? json.replace(/[^\x20-\x7e]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`)
          : json;
        assert.deepEqual(parseHarmless(written), { a: [harmless(text)] });
      }),
    );
    assert.equal(harmless("ml\u001b"), "ml\\u001b");
    assert.equal(parseHarmless('"\\u007f"'), "\\u007f");
  });

  it("is JSON or throws", () => assert.throws(() => parseHarmless('{"a":'), SyntaxError));
});
