// Does not prove how the changing line of a terminal looks.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { mock } from "node:test";
import { createProgress } from "../../../../../lab/toolchain/base/progress.ts";

describe("progress without a terminal", () => {
  const savedCache = process.env.VLLM_PLATFORM_CACHE;
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), "progress-"));
    process.env.VLLM_PLATFORM_CACHE = cache;
  });
  afterEach(() => {
    rmSync(cache, { recursive: true });
    if (savedCache === undefined) {
      delete process.env.VLLM_PLATFORM_CACHE;
    } else {
      process.env.VLLM_PLATFORM_CACHE = savedCache;
    }
  });

  function plain() {
    const stream = new PassThrough();
    const text = () => String(stream.read() ?? "");
    return { progress: createProgress(stream as unknown as NodeJS.WriteStream), text };
  }

  it("says a step's usual time and what comes next, then that it is done", async () => {
    const { progress, text } = plain();
    assert.equal(
      await progress.step("build etcd", { usual: 66, next: "kwok" }, async () => "result"),
      "result",
    );
    assert.match(text(), /^build etcd… \(usually 66 s; then: kwok\)\ndone: build etcd \(under 1 s\)\n$/);
  });

  it("remembers what this machine took", async () => {
    const { progress, text } = plain();
    await progress.step("short", { usual: 50 }, async () => {});
    text();
    await progress.step("short", { usual: 50 }, async () => {});
    assert.match(text(), /^short… \(usually under 1 s\)/);
  });

  it("takes the middle one of the last five times for the usual one", async () => {
    const file = join(cache, "usual-seconds.json");
    writeFileSync(file, JSON.stringify({ step: [9, 100, 7, 30, 8] }));
    const { progress, text } = plain();
    await progress.step("step", { usual: 50 }, async () => {});
    assert.match(text(), /^step… \(usually 9 s\)/);
    const { step } = JSON.parse(readFileSync(file, "utf8")) as { step: number[] };
    assert.deepEqual(step.slice(0, -1), [100, 7, 30, 8]);
    assert.equal(step.length, 5);
  });

  it("promises and remembers nothing where nobody can know", async () => {
    const { progress, text } = plain();
    await progress.step("fetch", { usual: undefined, next: "start" }, async () => {});
    assert.match(text(), /^fetch… \(then: start\)\n/);
    await progress.step("fetch", { usual: undefined }, async () => {});
    assert.match(text(), /^fetch…\n/);
    await progress.step("fetch", { usual: 1 }, async () => {});
    assert.match(text(), /usually 1 s/);
  });

  describe("after a while", () => {
    beforeEach(() => mock.timers.enable({ apis: ["setInterval", "Date"] }));
    afterEach(() => mock.timers.reset());

    it("reminds of what runs, and of a step with steps of its own only by those", async () => {
      const { progress, text } = plain();
      let inner = Promise.resolve();
      let endInner = () => {};
      let endOuter = () => {};
      const outer = progress.step("fetch", { usual: undefined, next: "start" }, async (note) => {
        note("looking");
        inner = progress.step("build etcd", { usual: 20 }, (said) => {
          said("go: compiling");
          said(" }");
          return new Promise<void>((resolve) => {
            endInner = resolve;
          });
        });
        await inner;
        await new Promise<void>((resolve) => {
          endOuter = resolve;
        });
      });
      assert.equal(text(), "fetch… (then: start)\nbuild etcd… (usually 20 s; then: start)\n");
      mock.timers.tick(30_000);
      assert.equal(text(), "  still: build etcd 30 s (usually 20 s), then start – go: compiling\n");
      endInner();
      await inner;
      text();
      mock.timers.tick(90_000);
      assert.match(text(), /^( {2}still: fetch \d+ (s|min), then start – looking\n){3}$/);
      endOuter();
      await outer;
      text();
      mock.timers.tick(90_000);
      assert.equal(text(), "");
    });
  });

  it("says that a step failed, hands its error on and remembers nothing of it", async () => {
    const { progress, text } = plain();
    const failing = progress.step("bad", { usual: 5 }, async () => {
      throw new Error("why");
    });
    await assert.rejects(failing, /why/);
    assert.match(text(), /ended without success: bad/);
    await progress.step("bad", { usual: 5 }, async () => {});
    assert.match(text(), /usually 5 s/);
  });
});
