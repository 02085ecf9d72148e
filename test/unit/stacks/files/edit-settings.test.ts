// Does NOT prove that an edited file is one that settings can be read from; it proves what of a text changes, and what not.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { writeSettings } from "../../../../stacks/files/edit-settings.ts";

const tracked = readFileSync(join(import.meta.dirname, "../../../../Pulumi.yaml"), "utf8");

/** Lines that only one of two texts has. */
function difference(before: string, after: string): string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
}

describe("writing settings into Pulumi.yaml", () => {
  it("touches the lines of those settings alone", () => {
    const after = writeSettings(tracked, [
      { path: ["gpuNode", "card", "name"], value: "NVIDIA GeForce RTX 4090" },
      { path: ["gpuNode", "card", "usableGiB"], value: undefined },
      { path: ["gpuNode", "driver", "cuda"], value: "12.8" },
      { path: ["gpuNode", "selector"], value: { "nvidia.com/gpu.present": "true" } },
      { path: ["cluster", "context"], value: "my-k3s" },
      { path: ["defaultMode"], value: "r1" },
    ]);
    assert.deepEqual(difference(tracked, after), [
      "-  vllm-platform:defaultMode: { value: ml }",
      "-        name: NVIDIA GeForce RTX 3060",
      "-        usableGiB: 11.76",
      '-        cuda: "12.2"',
      "+  vllm-platform:defaultMode: { value: r1 }",
      "+        name: NVIDIA GeForce RTX 4090",
      '+        cuda: "12.8"',
      "+      selector:",
      '+        nvidia.com/gpu.present: "true"',
      "+  vllm-platform:cluster:",
      "+      context: my-k3s",
    ]);
    assert.equal(writeSettings(tracked, []), tracked);
  });

  it("keeps comments, order, quotes and blank lines of a file that is laid out otherwise", () => {
    const text = [
      "# top",
      "name:   mine # ours",
      "config:",
      "    # about the route",
      "    mine:route:  {value: {issuer: 'a',host: a.b}} # why",
      "",
      '    mine:access: {value: {namespaces: ["x",y]}}',
      "# end",
      "",
    ].join("\n");
    assert.equal(
      writeSettings(text, [{ path: ["route", "host"], value: "c.d" }]),
      [
        "# top",
        "name: mine # ours",
        "config:",
        "  # about the route",
        "  mine:route: { value: { issuer: 'a', host: c.d } } # why",
        "",
        '  mine:access: { value: { namespaces: [ "x", y ] } }',
        "",
        "# end",
        "",
      ].join("\n"),
    );
  });

  it("leaves a list where it is, below its key or set in", () => {
    for (const indent of ["", "  "]) {
      const text = `config:\n  vllm-platform:access:\n    value:\n      namespaces:\n      ${indent}- apps\n      ${indent}- docs\n`;
      const after = writeSettings(text, [{ path: ["route", "host"], value: "a.b" }]);
      assert.equal(after, `${text}  vllm-platform:route:\n    value:\n      host: a.b\n`);
    }
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

  it("makes the groups on the way, also where a key has nothing behind it", () => {
    const change = [{ path: ["route", "host"] as const, value: "a.b" }];
    const config = { "vllm-platform:route": { value: { host: "a.b" } } };
    for (const text of ["", "# only a comment\n", "config:\n", "config:\n  vllm-platform:route:\n"]) {
      assert.deepEqual(parse(writeSettings(text, change)), { config }, text);
    }
    assert.match(writeSettings("# only a comment\n", change), /^# only a comment\n/);
  });

  it("takes away what is there, and nothing where it is not", () => {
    const path = ["route", "host"] as const;
    const text =
      "config:\n  vllm-platform:route:\n    value:\n      host: a.b # gone\n      issuer: x # kept\n";
    assert.equal(
      writeSettings(text, [{ path, value: undefined }]),
      text.replace("      host: a.b # gone\n", ""),
    );
    const none = "config:\n  vllm-platform:defaultMode: ml\n";
    assert.equal(writeSettings(none, [{ path, value: undefined }]), none);
  });

  it("refuses a way that leads through a value, and what is no YAML", () => {
    const change = [{ path: ["route", "host"] as const, value: "a.b" }];
    assert.throws(() => writeSettings("config: 1\n", change), /^TypeError: config is not a mapping$/);
    assert.throws(
      () => writeSettings("config:\n  vllm-platform:route: off\n", change),
      /^TypeError: config\.vllm-platform:route is not a mapping$/,
    );
    assert.throws(() => writeSettings("config: [\n", change), /^TypeError: not YAML: /);
  });

  const scalar = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.constantFrom(
      "12.2",
      "true",
      "null",
      "a: b",
      "x, y",
      "{",
      "",
      " ",
      "#",
      "*a",
      "1e3",
      "0x1f",
      "it's",
      "é",
      "~",
    ),
  );
  const key = fc.constantFrom("a", "b", "x.y/z", "with blank");
  const groups = fc.dictionary(key, fc.dictionary(key, scalar, { maxKeys: 3, noNullPrototype: true }), {
    maxKeys: 3,
    noNullPrototype: true,
  });

  it("changes the meaning of that setting alone, whatever stands there and however it is laid out", () => {
    fc.assert(
      fc.property(
        groups,
        fc.constantFrom<"any" | "block" | "flow">("any", "block", "flow"),
        key,
        key,
        fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }), fc.constant({ "nvidia.com/gpu": "true" })),
        (settings, collectionStyle, group, name, value) => {
          const config = (of: object) => ({
            config: Object.fromEntries(
              Object.entries(of).map(([one, inner]) => [`vllm-platform:${one}`, { value: inner }]),
            ),
          });
          const text = stringify(config(settings), { collectionStyle });
          const expected = { ...settings, [group]: { ...settings[group], [name]: value } };
          assert.deepEqual(
            parse(writeSettings(text, [{ path: [group, name], value }])),
            config(expected),
            text,
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
