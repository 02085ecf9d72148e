// Does NOT prove any number: nothing is measured here.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { thisMachine } from "../../../../lab/bench/machine.ts";
import { allReached, type Report, reportText } from "../../../../lab/bench/report.ts";
import { stepsOf } from "../../../../lab/bench/rows/first-start-steps.ts";
import { measuresOf } from "../../../../lab/bench/rows/tests.ts";
import { createProgress } from "../../../../lab/toolchain/base/progress.ts";

const bench = fileURLToPath(new URL("../../../../lab/bench/index.ts", import.meta.url));

function run(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [bench, ...args], (error, stdout, stderr) =>
      resolve({ status: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

describe("npm run bench", () => {
  it("lists its rows, and which must be asked for by name", async () => {
    const { status, stdout } = await run("--help");
    assert.equal(status, 0);
    // A long title goes on below its beginning.
    const unwrapped = stdout.replaceAll(/\n {16}/g, " ");
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

  it("reads the steps' seconds from what npm start prints", () => {
    const lines: [number, string][] = [
      [0, "> node lab/toolchain/bootstrap.mjs lab/sandbox/commands/start.ts"],
      [1, "Installing the packages of package-lock.json (usually 25 s) …"],
      [21, "mode ml: Qwen"],
      [22, "Fetch the parts of the cluster… (then: Start the cluster)"],
      [23, "build etcd 3.7.3… (usually 20 s; then: kwok, kwokctl (about 1 min))"],
      [53, "  still: build etcd 3.7.3 30 s (usually 20 s), then kwok – compiling"],
      [63, "done: build etcd 3.7.3 (40 s)"],
      [64, "build pulumi 3… (usually 3 min; then: x)"],
      [65, "Start the cluster… (usually 5 s)"],
      [70, "done: Start the cluster (5 s)"],
      [200, "ended without success: build pulumi 3 (2 min)"],
      [201, "done: Fetch the parts of the cluster (3 min)"],
    ];
    assert.deepEqual(stepsOf(lines.map(([at, text]) => ({ at, text }))), [
      { name: "npm install", seconds: 20 },
      { name: "build etcd 3.7.3", seconds: 40 },
      { name: "Start the cluster", seconds: 5 },
      { name: "Fetch the parts of the cluster", seconds: 179 },
    ]);
  });

  it("understands the lines that progress prints now", async () => {
    const stream = new PassThrough();
    const progress = createProgress(stream as unknown as NodeJS.WriteStream);
    await progress.step("one (of two)", { usual: undefined, next: "x" }, () =>
      progress.step("inner", { usual: undefined }, async () => {}),
    );
    await progress.step("last", { usual: undefined }, async () => {});
    const lines = String(stream.read()).trim().split("\n");
    const steps = stepsOf(lines.map((text, at) => ({ text, at })));
    assert.deepEqual(steps, [
      { name: "inner", seconds: 1 },
      { name: "one (of two)", seconds: 3 },
      { name: "last", seconds: 1 },
    ]);
  });
});
