// Does NOT prove how Pulumi reads a file: what is refused here was compared with `pulumi config --json` by hand.
import assert from "node:assert/strict";
import { readYaml } from "../../../../stacks/files/read-yaml.ts";
import { faultText } from "../../../../system/errors.ts";

const told = (text: string) =>
  readYaml(text, "Pulumi.ml.yaml").faults.map((fault) => faultText(fault).trim());

describe("YAML that is read alike by everybody", () => {
  it("is taken as it is, with numbers in every form that both know, and anything in quotes", () => {
    const { content, faults } = readYaml(
      "\uFEFFa: 8192\nb: 0x10\nc: 0o17\nd: 1e3\ne: .5\nf: \"8_192\"\ng: '2026-01-01'\nh: 08\ni: yes\r\nj: 1:30\nk: v_1\nl: sha_256\nm: 535.274.02\n",
      "x",
    );
    assert.deepEqual(faults, []);
    assert.deepEqual(content, {
      ...{ a: 8192, b: 16, c: 15, d: 1000, e: 0.5, f: "8_192", g: "2026-01-01", h: 8, i: "yes" },
      ...{ j: "1:30", k: "v_1", l: "sha_256", m: "535.274.02" },
    });
    assert.deepEqual(readYaml("# nothing\n", "x"), { content: null, faults: [] });
  });

  // Source, and the number that the Pulumi of the toolchain makes of it.
  const numbers = {
    "8_192": 8192,
    "017": 15,
    "0b11": 3,
    "-0x10": -16,
    "1_0.5": 10.5,
    "0x1_0": 16,
    "+0o7": 7,
  };
  for (const [source, number] of Object.entries(numbers)) {
    it(`is not the number ${source}`, () => {
      assert.deepEqual(told(`config:\n  a: [${source}]\n`), [
        `Pulumi.ml.yaml, line 2 (found: "${source}"): is the number ${number} to Pulumi. Write ${number}, or "${source}" in quotes.`,
      ]);
    });
  }

  const others: [about: string, text: string, says: RegExp][] = [
    ["a date", "a: 2026-01-01", /is a date to Pulumi\. Write it in quotes: "2026-01-01"\.$/],
    ["infinity", "a: .inf", /\(found: "\.inf"\): is no number that Pulumi can hand over/],
    ["no number", "a: .NaN", /is no number that Pulumi can hand over/],
    ["a number beyond all", "a: 1e999", /\(found: "1e999"\): is no number that Pulumi can hand over/],
    [
      "a merged group",
      "a: &x { b: 1 }\nc:\n  <<: *x",
      /line 3: merges another group, .*\. Write its values here\.$/,
    ],
    ["a tag", "a: !!binary aGk=", /has the tag tag:yaml\.org,2002:binary, .*\. Remove the tag\.$/],
    ["a set", "a: !!set {x}", /has the tag tag:yaml\.org,2002:set/],
    ["a version of YAML", "%YAML 1.1\n---\na: yes", /names a version of YAML.*Remove the line `%YAML`\.$/],
    ["two documents", "a: 1\n---\na: 2", /multiple documents.*\. Keep one, without a line `---`\.$/],
    [
      "a bare carriage return",
      "a: 1\rb: 2",
      /ends in a carriage return alone\. Save it with the line ends of Linux/,
    ],
    ["UTF-16", "a\0:\0", /is not UTF-8 text\. Save it as UTF-8\.$/],
    ["bytes that are no UTF-8", Buffer.from([0x61, 0x3a, 0x20, 0xff]).toString("utf8"), /is not UTF-8 text/],
  ];
  for (const [about, text, says] of others) {
    it(`holds not ${about}`, () => {
      const lines = told(text);
      assert.equal(lines.length, 1, lines.join());
      assert.match(lines[0] ?? "", says);
    });
  }
});
