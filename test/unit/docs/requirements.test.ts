// Does NOT prove that a test shows what its row says, only that what the table names is there.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rows as benchRows, longRows } from "../../../lab/bench/rows/index.ts";
import { requirements } from "../../../lab/drills/base/drill.ts";
import { drills } from "../../../lab/drills/drills/index.ts";
import { projectRoot } from "../../../lab/sandbox/base/paths.ts";

const read = (file: string): string => readFileSync(join(projectRoot, file), "utf8");
const table = read("docs/requirements.md")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (---|id )/.test(line));

describe("the table of requirements", () => {
  it("shows each of them by something that can be run", () => {
    assert.ok(table.length > 20);
    for (const row of table) {
      const [id = "", asked = "", shown = "", ...more] = row.slice(2, -2).split(" | ");
      assert.match(id, /^[a-z][\w-]* *$/, row);
      assert.ok(asked !== "" && more.length === 0, row);
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

  it("has what a drill says was asked for, and names drills that there are", () => {
    const ids = table.map((row) => row.slice(2).split(" ")[0]);
    assert.equal(new Set(ids).size, ids.length);
    for (const one of requirements) assert.ok(ids.includes(one), one);
    const known = drills.map(({ name }) => name);
    const named = [...table.join("\n").matchAll(/`npm run drills -- ([^`]+)`/g)].map(([, name = ""]) => name);
    assert.ok(named.length > 0);
    for (const name of named) assert.ok(known.includes(name), name);
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
