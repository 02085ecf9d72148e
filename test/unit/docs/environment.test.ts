// Does NOT prove that a variable does what its row says; the tests of what reads it do.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const project = join(import.meta.dirname, "../../..");
const rooms = "{stacks,components,cluster,engine,operations,cli,system,lab}/**/*.{ts,mjs}";

describe("docs/environment.md", () => {
  it("lists every variable of the project's own that product, lab and tests name, and no other", () => {
    const text = globSync(["*.ts", rooms, "test/{server,n8n,engine,conformance,support}/*.ts"], {
      cwd: project,
    }).map((file) => readFileSync(join(project, file), "utf8"));
    const used = new Set(text.join("\n").match(/\bVLLM_PLATFORM_[A-Z0-9]+(?:_[A-Z0-9]+)*\b/g));
    const page = readFileSync(join(project, "docs/environment.md"), "utf8");
    const listed = new Set(
      [...page.matchAll(/`(VLLM_PLATFORM)?(_[A-Z0-9_]+)`/g)].map(([, , rest = ""]) => `VLLM_PLATFORM${rest}`),
    );
    assert.ok(used.size > 10);
    assert.deepEqual([...used].sort(), [...listed].sort());
  });
});
