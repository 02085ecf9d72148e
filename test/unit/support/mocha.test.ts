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
    return runMocha([file], { onLine: () => {} });
  }
  async function counts(text: string) {
    const { failures: _, ...rest } = await outcome(text);
    return rest;
  }

  it("has what passed, failed and was skipped", async () => {
    const tests =
      'it("a", () => {}); it("b", () => {}); it("c", () => { throw new Error("2 passing"); }); it.skip("d", () => {});';
    assert.deepEqual(await counts(tests), { passed: 2, failed: 1, skipped: 1 });
  });

  it("has a failure for a file that ends in the midst of its tests, whatever its status", async () => {
    for (const status of [0, 3]) {
      const tests = `it("a", () => {}); it("b", () => process.exit(${status})); it("c", () => {});`;
      assert.deepEqual(await counts(tests), { passed: 0, failed: 1, skipped: 0 }, `status ${status}`);
    }
  });

  it("has a failure for a file that cannot be loaded, or has no tests", async () => {
    assert.deepEqual(await counts("import './missing.mjs';"), { passed: 0, failed: 1, skipped: 0 });
    assert.deepEqual(await counts(""), { passed: 0, failed: 1, skipped: 0 });
  });

  it("comes with what failed, and why; with the last words of a run that broke off", async () => {
    const passing = 'it("a", () => {});';
    assert.deepEqual((await outcome(passing)).failures, []);
    const failed = (await outcome(`${passing} it("b", () => { throw new Error("not so"); });`)).failures;
    assert.match(failed.join("\n"), /1\) b:\s+Error: not so/);
    assert.doesNotMatch(failed.join("\n"), /✔/);
    assert.match((await outcome("import './missing.mjs';")).failures.join("\n"), /Cannot find module/);
  });

  it("is the same of files at once", async () => {
    const files = ["one", "two"].map((name) => join(folder, `${name}.test.mjs`));
    writeFileSync(files[0] ?? "", 'it("a", () => {});');
    writeFileSync(files[1] ?? "", 'it("b", () => { throw new Error("not so"); });');
    const { failures, ...rest } = await runMocha(files, { onLine: () => {}, jobs: 2 });
    assert.deepEqual(rest, { passed: 1, failed: 1, skipped: 0 });
    assert.match(failures.join("\n"), /1\) b:\s+Error: not so/);
  });

  it("is of the tests with a word in their titles, and a failure where there are none", async () => {
    const file = join(folder, "one.test.mjs");
    writeFileSync(file, 'it("a word", () => {}); it("another", () => { throw new Error("not so"); });');
    const { failures: _, ...rest } = await runMocha([file], { onLine: () => {}, grep: "word" });
    assert.deepEqual(rest, { passed: 1, failed: 0, skipped: 0 });
    assert.equal((await runMocha([file], { onLine: () => {}, grep: "nothing" })).failed, 1);
  });

  it("has a failure for a status that contradicts the counts", () => {
    assert.equal(countOutcome(["  3 passing (1s)"], 0).failed, 0);
    assert.equal(countOutcome(["  3 passing (1s)"], 1).failed, 1);
    assert.equal(countOutcome(["  3 passing (1s)", "  1 failing"], 0).failed, 2);
  });
});
