// Does NOT prove any number: nothing is measured here.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { allReached, type Report, reportText } from "../../../../lab/bench/report.ts";
import { measuresOf } from "../../../../lab/bench/rows/tests.ts";
import { thisMachine } from "../../../../lab/machine.ts";
import { finish } from "../../../../system/processes.ts";

const bench = fileURLToPath(new URL("../../../../lab/bench/index.ts", import.meta.url));

const run = (...args: string[]) => finish(process.execPath, [bench, ...args]);

describe("npm run bench", () => {
  it("lists its rows, and which must be asked for by name", async () => {
    const { status, stdout } = await run("--help");
    assert.equal(status, 0);
    // A long title goes on below its beginning.
    const unwrapped = stdout.replaceAll(/\n {10,}/g, " ");
    assert.match(unwrapped, /^ {2}first-start +npm start in a fresh clone .*only when asked for by name\)$/m);
    for (const line of stdout.split("\n")) assert.ok(line.length <= 80, line);
  });

  it("refuses a row that there is not, naming those that there are", async () => {
    const { status, stderr } = await run("nope");
    assert.equal(status, 2);
    assert.match(stderr, /^There is no row nope; there are .*preview.*first-start/);
  });

  it("tells of a row that broke off beside those that were measured, and is not content", () => {
    const report: Report = {
      date: "2026-11-24",
      machine: thisMachine(),
      runs: 7,
      rows: [],
      measures: [],
      brokenOff: [],
    };
    assert.equal(allReached(report), true);
    const broken = { ...report, brokenOff: [{ name: "preview", title: "preview", why: "no pulumi" }] };
    assert.equal(allReached(broken), false);
    assert.match(reportText(broken), /^NOT MEASURED: preview: no pulumi$/m);
  });

  it("reads the parts' seconds from what npm test prints", () => {
    const lines = [
      "    ✔ waits: 3 s",
      "",
      ...["type check: 8 s", "lint: 2 s", "unit tests: 14 s", "toolchain: 0 s"],
      ...["test/engine/platform.test.ts: 44 s", "all: 524 s", "", "1228 passed, 0 failed, 1 skipped"],
    ];
    assert.deepEqual(
      measuresOf(lines, 530).map(({ name, value, target }) => [name, value, target]),
      [
        ["whole", 530, 600],
        ["type check", 8, undefined],
        ["lint", 2, undefined],
        ["unit tests", 14, 15],
        ["tests on the real engine", 500, undefined],
      ],
    );
    assert.throws(() => measuresOf(lines.slice(0, 6), 530), /without a summary/);
  });
});
