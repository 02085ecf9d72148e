// Does NOT prove that a rule is wise, nor that an import written in a form that no file here uses is found.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  faultsOfImports,
  faultsOfPackages,
  mostFiles,
  readImports,
  unexplained,
} from "../../../../lab/house/imports.ts";

const project = join(import.meta.dirname, "../../../..");
const faultsOf = (files: Record<string, string[]>): string[] =>
  faultsOfImports(new Map(Object.entries(files)));

describe("the rules of the house", () => {
  it("hold here, where there is something to hold", () => {
    const imports = readImports(project);
    assert.ok(imports.size > 300, `${imports.size} files`);
    assert.ok(imports.get("index.ts")?.includes("stacks/load.ts"));
    assert.deepEqual(faultsOfImports(imports), []);
    assert.deepEqual(faultsOfPackages(project, imports), []);
    assert.deepEqual(unexplained(project, imports), []);
  });

  it("refuse a folder that does not say what it is for", () => {
    const imports = new Map([
      ["test/golden/a.ts", []],
      ["stacks/b.ts", []],
    ]);
    assert.deepEqual(unexplained(project, imports), [
      "test/golden does not say what it is for: begin its index.ts with a comment, or write a README.md.",
    ]);
  });

  it("refuse the way up, with the rule in words", () => {
    assert.deepEqual(faultsOf({ "stacks/plan.ts": ["cluster/api.ts"] }), [
      "stacks/plan.ts imports cluster/api.ts, and stacks may not import cluster. The way goes down: cli → operations → engine, components → cluster → stacks → system. Nothing of the product imports lab/, and nothing imports cli/ or test/. ci/ stands alone.",
    ]);
    for (const [file, imported] of [
      ["system/lock.ts", "stacks/names.ts"],
      ["cluster/api.ts", "lab/sandbox/index.ts"],
      ["operations/switch.ts", "cli/words.ts"],
      ["lab/bench/index.ts", "cli/index.ts"],
      ["lab/bench/index.ts", "test/run.ts"],
      ["engine/run.ts", "components/index.ts"],
      ["ci/drift-issue.ts", "system/errors.ts"],
      ["cli/index.ts", "ci/github.ts"],
    ] as const) {
      assert.equal(faultsOf({ [file]: [imported] }).length, 1, `${file} → ${imported}`);
    }
    assert.deepEqual(faultsOf({ "cli/a.ts": ["system/b.ts", "stacks/c.ts", "cli/d.ts"] }), []);
  });

  it("refuse packages where a token can be read, however they are imported", () => {
    const root = mkdtempSync(join(tmpdir(), "vllm-platform-imports-"));
    try {
      mkdirSync(join(root, "ci"));
      writeFileSync(
        join(root, "ci/a.ts"),
        'import "one";\nimport { x } from "two";\nexport * from \'three\';\nawait import("four");\nimport "node:fs";\nimport "./b.ts";\n',
      );
      assert.deepEqual(
        faultsOfPackages(root, new Map([["ci/a.ts", ["ci/b.ts"]]])),
        ["one", "two", "three", "four"].map(
          (name) => `ci/a.ts imports ${name}, and ci may import no package: it is given tokens.`,
        ),
      );
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it("refuse circles of files and of folders, however long", () => {
    assert.deepEqual(
      faultsOf({
        "stacks/a.ts": ["stacks/b.ts"],
        "stacks/b.ts": ["stacks/c.ts"],
        "stacks/c.ts": ["stacks/a.ts"],
      }),
      ["These files import each other in a circle: stacks/a.ts → stacks/b.ts → stacks/c.ts."],
    );
    assert.deepEqual(
      faultsOf({
        "stacks/x/a.ts": ["stacks/y/b.ts"],
        "stacks/y/b.ts": [],
        "stacks/y/c.ts": ["stacks/x/d.ts"],
      }),
      ["These folders import each other in a circle: stacks/x → stacks/y. Move what both need below both."],
    );
  });

  it("refuse a folder that nobody can take in", () => {
    const files = Object.fromEntries(
      Array.from({ length: mostFiles + 1 }, (_, place) => [`stacks/${place}.ts`, []]),
    );
    assert.deepEqual(faultsOf(files), [
      `stacks has ${mostFiles + 1} files at its top, more than ${mostFiles}: give what belongs together a folder.`,
    ]);
  });
});
