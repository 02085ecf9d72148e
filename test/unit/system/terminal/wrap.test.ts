// Does NOT prove how a real terminal shows a line.
import assert from "node:assert/strict";
import { wrap, wrapFor } from "../../../../system/terminal/wrap.ts";

describe("long lines", () => {
  it("are cut between words, and all but the first are set in", () => {
    assert.deepEqual(wrap("short", 4), ["short"]);
    const words = Array.from({ length: 40 }, (_, index) => `word${index}`).join(" ");
    const lines = wrap(words, 4);
    assert.ok(lines.length > 1 && lines.every((line) => line.length <= 80));
    assert.ok(lines.slice(1).every((line) => /^ {4}\S/.test(line)));
    assert.equal(lines.map((line) => line.trim()).join(" "), words);
  });

  it("leave a word whole that is longer than a line", () => {
    const long = "x".repeat(100);
    assert.deepEqual(wrap(`  ${long} and more`, 4), [`  ${long}`, "    and more"]);
    assert.deepEqual(wrap(long, 4), [long]);
  });

  it("keep blanks within them, and what stands in backquotes in one piece", () => {
    assert.deepEqual(wrap("  a    b", 4), ["  a    b"]);
    assert.deepEqual(wrap("Fix it: run `kubectl get pods -A` then.", 2, 20), [
      "Fix it: run",
      "  `kubectl get pods -A`",
      "  then.",
    ]);
  });

  it("are wrapped for a terminal alone, at its width", () => {
    const text = "  one two three\nfour";
    assert.equal(wrapFor({ isTTY: true, columns: 12 }, text), "  one two\n    three\nfour");
    assert.equal(wrapFor({ isTTY: true, columns: 0 }, text), text);
    assert.equal(wrapFor({ isTTY: false, columns: 12 }, text), text);
  });
});
