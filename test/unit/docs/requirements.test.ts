// Does NOT prove that a test shows what its row says, only that what the table names is there.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rows as benchRows, longRows } from "../../../lab/bench/rows/index.ts";
import { projectRoot } from "../../../lab/sandbox/base/paths.ts";

const read = (file: string): string => readFileSync(join(projectRoot, file), "utf8");
const table = read("docs/requirements.md")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (---|what was asked)/.test(line));

describe("the table of requirements", () => {
  it("shows each of them by something that can be run", () => {
    assert.ok(table.length > 20);
    for (const row of table) {
      const [, asked = "", shown = ""] =
        row.split(" | ").length === 2 ? (/^\| (.*) \| (.*) \|$/.exec(row) ?? []) : [];
      assert.ok(asked !== "", row);
      assert.match(shown, /`(test\/|npm run |gpu-mode verify`)/, row);
    }
  });

  it("names tests that are there, by titles that they have", () => {
    const named = table.flatMap((row) => [...row.matchAll(/`(test\/[\w/.-]+)`(?:: "([^"]+)")?/g)]);
    assert.ok(named.length > 20);
    for (const [, file = "", title] of named) {
      assert.ok(existsSync(join(projectRoot, file)), file);
      if (title !== undefined) assert.ok(read(file).includes(title), `${file} has no test "${title}"`);
    }
  });

  it("names rows of verify, of the bench and commands that there are", () => {
    const text = table.join("\n");
    const words = read("cli/verify/words.ts");
    for (const [, row = ""] of text.matchAll(/`gpu-mode verify`: ([^;|]+?)\s*(?=[;|])/g)) {
      assert.ok(words.includes(`"${row}"`), `gpu-mode verify has no row "${row}"`);
    }
    const known = [...benchRows, ...longRows].map(({ name }) => name);
    for (const [, row = ""] of text.matchAll(/`npm run bench -- ([\w-]+)`/g))
      assert.ok(known.includes(row), row);
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    for (const [, script = ""] of text.matchAll(/`npm run ([\w:-]+)/g)) assert.ok(scripts[script], script);
  });
});
