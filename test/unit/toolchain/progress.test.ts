// Does not prove how the changing line of a terminal looks.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { createProgress } from "../../../toolchain/progress.ts";

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
    assert.match(text(), /^build etcd… \(usually 66 s; then: kwok\)\ndone: build etcd \(\d+ s\)\n$/);
  });

  it("remembers what this machine took", async () => {
    const { progress, text } = plain();
    await progress.step("short", { usual: 50 }, async () => {});
    assert.ok("short" in JSON.parse(readFileSync(join(cache, "usual-times.json"), "utf8")));
    text();
    await progress.step("short", { usual: 50 }, async () => {});
    assert.match(text(), /^short… \(usually 1 s\)/);
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
