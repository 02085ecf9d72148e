// Does NOT prove that a difference is the shortest one; Node.js finds it.
import assert from "node:assert/strict";
import { patchOf } from "../../../system/patch.ts";

const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join("");
const patched = (before: string, after: string) => patchOf("a.yaml", before, after).split("\n").slice(2);

describe("a patch", () => {
  it("is nothing for the same text", () => {
    assert.equal(patchOf("a.yaml", "a\n", "a\n"), "");
    assert.equal(patchOf("a.yaml", "a", "a\n"), "");
  });

  it("names the file, and has two lines around each change", () => {
    const before = lines(1, 20);
    const after = before.replace("line 4\n", "").replace("line 15\n", "line fifteen\nand more\n");
    assert.deepEqual(patchOf("a.yaml", before, after).split("\n"), [
      ...["--- a.yaml\tas it is", "+++ a.yaml\tas proposed"],
      ...["@@ -2,5 +2,4 @@", " line 2", " line 3", "-line 4", " line 5", " line 6"],
      ...["@@ -13,5 +12,6 @@", " line 13", " line 14", "-line 15", "+line fifteen", "+and more"],
      ...[" line 16", " line 17", ""],
    ]);
  });

  it("joins changes whose surroundings meet, at the text's edges, too", () => {
    assert.deepEqual(patched("a\nb\nc\nd\ne\nf\n", "A\nb\nc\nd\ne\nF\n"), [
      ...["@@ -1,6 +1,6 @@", "-a", "+A", " b", " c", " d", " e", "-f", "+F", ""],
    ]);
    assert.deepEqual(patched("a\n", "b\n"), ["@@ -1 +1 @@", "-a", "+b", ""]);
  });
});
