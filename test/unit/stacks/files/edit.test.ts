// Does NOT prove that an edited file is one that settings can be read from; it proves what of a text changes, and what not.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse, parseDocument, stringify } from "yaml";
import { removeFromYaml, setInYaml } from "../../../../stacks/files/edit.ts";
import { writeSettings } from "../../../../stacks/files/edit-settings.ts";

const shipped = readFileSync(join(import.meta.dirname, "../../../../Pulumi.yaml"), "utf8");

/** Lines that only one of two texts has. */
function difference(before: string, after: string): string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
}

describe("editing YAML", () => {
  it("replaces a value and leaves comment, blanks and quotes of its neighbours alone", () => {
    const before = "a:   # first\n  'b' : 1    # one\n  c: [x,   y]\n\n# end\n";
    assert.equal(
      setInYaml(before, ["a", "b"], 2),
      "a:   # first\n  'b' : 2    # one\n  c: [x,   y]\n\n# end\n",
    );
    assert.equal(setInYaml(before, ["a", "c"], ["z"]), before.replace("[x,   y]", "[z]"));
  });

  it("quotes what would otherwise be another kind of value", () => {
    for (const value of ["12.2", "true", "null", "a: b", "x, y", "{", "", " ", "#", "*a", "1e3", "0x1f"]) {
      assert.deepEqual(parse(setInYaml("a: { b: 1 }\n", ["a", "b"], value)), { a: { b: value } });
      assert.deepEqual(parse(setInYaml("a:\n  c: 1\n", ["a", "b"], value)), { a: { c: 1, b: value } });
    }
  });

  it("adds a key behind the others, on a line of its own or within the braces, and mappings on the way", () => {
    assert.equal(setInYaml("a:\n  b: 1\nc: 2\n", ["a", "d"], 3), "a:\n  b: 1\n  d: 3\nc: 2\n");
    assert.equal(setInYaml("a:\n  b: 1", ["a", "d"], 3), "a:\n  b: 1\n  d: 3\n");
    assert.equal(setInYaml("a: { b: 1 }\n", ["a", "d"], 3), "a: { b: 1, d: 3 }\n");
    assert.equal(setInYaml("a: {}\n", ["a", "d"], 3), "a: { d: 3 }\n");
    assert.equal(setInYaml("a:\n", ["a", "d"], 3), "a: { d: 3 }\n");
    assert.equal(setInYaml("a: 1 # one\n", ["b", "c"], { d: 2 }), "a: 1 # one\nb:\n  c:\n    d: 2\n");
    assert.equal(setInYaml("", ["a", "b"], 1), "a:\n  b: 1\n");
  });

  it("takes a key away with its line, or with its comma", () => {
    assert.equal(removeFromYaml("a:\n  b: 1 # gone\n  c: 2\n", ["a", "b"]), "a:\n  c: 2\n");
    assert.equal(removeFromYaml("a: { b: 1, c: 2 }\n", ["a", "b"]), "a: { c: 2 }\n");
    assert.equal(removeFromYaml("a: { b: 1, c: 2 }\n", ["a", "c"]), "a: { b: 1 }\n");
    assert.deepEqual(parse(removeFromYaml("a:\n  b: 1\n", ["a", "b"])), { a: {} });
    assert.equal(removeFromYaml("a: 1\n", ["b", "c"]), "a: 1\n");
  });

  it("refuses a way that leads through a value", () => {
    assert.throws(() => setInYaml("a: 1\n", ["a", "b"], 2), /^TypeError: a is not a mapping$/);
    assert.throws(() => setInYaml("a: [\n", ["a"], 2), /not YAML/);
  });

  const key = fc.constantFrom("a", "b", "c", "d", "x.y/z", "with blank");
  const scalar = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.constantFrom("12.2", "text", "a: b", "it's", '"', "é", "~"),
  );
  const tree = fc.letrec<{ value: unknown; map: Record<string, unknown> }>((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, scalar, fc.array(scalar, { maxLength: 3 }), tie("map")),
    map: fc.dictionary(key, tie("value"), { minKeys: 1, maxKeys: 4 }),
  }));
  const style = fc.constantFrom<"any" | "block" | "flow">("any", "block", "flow");

  it("ends where the document would, whatever stands there and however it is laid out", () => {
    fc.assert(
      fc.property(
        tree.map,
        style,
        fc.array(key, { minLength: 1, maxLength: 3 }),
        fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }), fc.constant({ "nvidia.com/gpu": "true" })),
        fc.boolean(),
        (content, collectionStyle, path, value, remove) => {
          const text = stringify(content, { collectionStyle, lineWidth: 0 }).replace(/$/gm, (_, place) =>
            place % 3 === 0 && collectionStyle === "block" ? " # why" : "",
          );
          const expected = parseDocument(text);
          if (JSON.stringify(expected.toJS()) !== JSON.stringify(content)) {
            return; // the comment fell into a value
          }
          const way = path as [string, ...string[]];
          let changed: string;
          try {
            changed = remove ? removeFromYaml(text, way) : setInYaml(text, way, value);
          } catch (error) {
            assert.match(String(error), /is not a mapping/);
            return;
          }
          if (!remove) {
            expected.setIn(way, value);
          } else if (expected.hasIn(way)) {
            expected.deleteIn(way);
          }
          assert.deepEqual(parse(changed), expected.toJS(), `${text}→\n${changed}`);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("writing settings into Pulumi.yaml", () => {
  it("touches the lines of those settings alone", () => {
    const after = writeSettings(shipped, [
      { path: ["gpuNode", "card", "name"], value: "NVIDIA GeForce RTX 4090" },
      { path: ["gpuNode", "card", "usableGiB"], value: undefined },
      { path: ["gpuNode", "selector"], value: { "nvidia.com/gpu.present": "true" } },
      { path: ["cluster", "context"], value: "my-k3s" },
      { path: ["confirmed"], value: ["route.host"] },
      { path: ["defaultMode"], value: "r1" },
    ]);
    assert.deepEqual(difference(shipped, after), [
      "-  vllm-platform:defaultMode: { value: ml }",
      "-        name: NVIDIA GeForce RTX 3060",
      "-        usableGiB: 11.76",
      "+  vllm-platform:defaultMode: { value: r1 }",
      "+        name: NVIDIA GeForce RTX 4090",
      "+      selector:",
      '+        nvidia.com/gpu.present: "true"',
      "+  vllm-platform:cluster:",
      "+      context: my-k3s",
      "+  vllm-platform:confirmed:",
      "+    value: [route.host]",
    ]);
    assert.equal(writeSettings(shipped, []), shipped);
  });

  it("finds a setting under the project's own name, and a plain value without `value:`", () => {
    const text =
      "name: mine\nconfig:\n  mine:defaultMode: ml # ours\n  mine:route: { value: { host: a.b } }\n";
    assert.equal(
      writeSettings(text, [
        { path: ["defaultMode"], value: "r1" },
        { path: ["route", "host"], value: "c.d" },
      ]),
      text.replace("ml #", "r1 #").replace("a.b", "c.d"),
    );
  });
});
