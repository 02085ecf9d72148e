// Does not prove how a real terminal shows the changing line.
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { mock } from "node:test";
import { createProgress } from "../../../../../lab/toolchain/base/progress.ts";
import { terminal } from "../../../../support/terminal.ts";

describe("progress without a terminal", () => {
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

  it("promises nothing where nobody can know", async () => {
    const { progress, text } = plain();
    await progress.step("fetch", { usual: undefined, next: "start" }, async () => {});
    assert.match(text(), /^fetch… \(then: start\)\n/);
    await progress.step("fetch", { usual: undefined }, async () => {});
    assert.match(text(), /^fetch…\n/);
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

  it("says that a step failed, and hands its error on", async () => {
    const { progress, text } = plain();
    const failing = progress.step("bad", { usual: 5 }, async () => {
      throw new Error("why");
    });
    await assert.rejects(failing, /why/);
    assert.match(text(), /ended without success: bad/);
  });
});

describe("progress on a terminal", () => {
  it("is one line, below what stays, and gone at the end", async () => {
    const { stream, screen } = terminal();
    const progress = createProgress(stream);
    await progress.step("fetch", { usual: 20, next: "start" }, async () => {
      assert.equal(screen(), "fetch under 1 s (usually 20 s), then start");
      progress.say("A line that stays.");
      assert.equal(screen(), "A line that stays.\nfetch under 1 s (usually 20 s), then start");
    });
    assert.equal(screen(), "A line that stays.\ndone: fetch (under 1 s)\n");
  });
});
