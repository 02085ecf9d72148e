// Does NOT prove anything of the tests that are counted, only that none is lost.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countOutcome, runMocha } from "../../support/mocha.ts";

describe("the count of a test file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "count-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function outcome(text: string) {
    const file = join(folder, "one.test.mjs");
    writeFileSync(file, text);
    return runMocha([file], () => {});
  }

  it("has what passed, failed and was skipped", async () => {
    const tests =
      'it("a", () => {}); it("b", () => {}); it("c", () => { throw new Error("2 passing"); }); it.skip("d", () => {});';
    assert.deepEqual(await outcome(tests), { passed: 2, failed: 1, skipped: 1 });
  });

  it("has a failure for a file that ends in the midst of its tests, whatever its status", async () => {
    for (const status of [0, 3]) {
      const tests = `it("a", () => {}); it("b", () => process.exit(${status})); it("c", () => {});`;
      assert.deepEqual(await outcome(tests), { passed: 0, failed: 1, skipped: 0 }, `status ${status}`);
    }
  });

  it("has a failure for a file that cannot be loaded, or has no tests", async () => {
    assert.deepEqual(await outcome("import './missing.mjs';"), { passed: 0, failed: 1, skipped: 0 });
    assert.deepEqual(await outcome(""), { passed: 0, failed: 1, skipped: 0 });
  });

  it("has a failure for a status that contradicts the counts", () => {
    assert.equal(countOutcome(["  3 passing (1s)"], 0).failed, 0);
    assert.equal(countOutcome(["  3 passing (1s)"], 1).failed, 1);
    assert.equal(countOutcome(["  3 passing (1s)", "  1 failing"], 0).failed, 2);
  });
});
