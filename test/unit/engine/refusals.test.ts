// Does NOT prove that pulumi leaves out what it is told to: test/engine/preview.test.ts has a real one do it.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "../../../engine/index.ts";

describe("a preview of which an object is refused", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "refusals-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** The problems of a preview by a pulumi that refuses a Service and, told to leave that out, says this. */
  async function problemsWhere(says: string): Promise<string[]> {
    const urn = "urn:pulumi:ml::vllm-platform::kubernetes:core/v1:Service::a";
    const refusal = { urn, severity: "error", message: "error: no such field\n" };
    writeFileSync(join(folder, "refused.json"), JSON.stringify({ diagnostics: [refusal] }));
    writeFileSync(
      join(folder, "pulumi"),
      `#!/bin/sh\ncase "$*" in *--exclude*) echo "error: ${says}" >&2 ;; *) cat ${folder}/refused.json ;; esac\nexit 1\n`,
      { mode: 0o755 },
    );
    const engine = openEngine({
      folder,
      environment: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
      signal: new AbortController().signal,
      say: () => {},
    });
    const { problems } = await engine.preview("ml", { force: false });
    return problems.map(({ words }) => words);
  }

  it("is the whole where pulumi cannot leave it out, and tells any other failure beside it", async () => {
    assert.deepEqual(await problemsWhere("unknown flag: --exclude"), ["no such field"]);
    assert.deepEqual(await problemsWhere("the backend is away"), ["the backend is away", "no such field"]);
  });
});
