// Does NOT prove how pulumi itself ends when it is told to stop; test/faults kills a real one in each phase.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pulumiRunner } from "../../../engine/run.ts";
import { Ended } from "../../../system/errors.ts";

describe("running pulumi", () => {
  const saved = process.env.PATH;
  let folder: string;
  let begun: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "run-"));
    begun = join(folder, "begun");
    const program = `#!/bin/sh\ntrap 'exit 1' INT\necho "$$" > ${begun}\nwhile :; do sleep 0.05; done\n`;
    writeFileSync(join(folder, "pulumi"), program, { mode: 0o755 });
    process.env.PATH = `${folder}:${saved}`;
  });
  afterEach(() => {
    process.env.PATH = saved;
    rmSync(folder, { recursive: true });
  });

  it("starts none where it was stopped while everything was made ready for it", async () => {
    const abort = new AbortController();
    const running = pulumiRunner(folder, abort.signal)(["up"]);
    abort.abort(new Ended("interrupted", "Stopped."));
    await assert.rejects(running, /^Ended: Stopped\.$|Stopped\./);
    assert.equal(existsSync(begun), false);
  });

  it("tells one that runs to stop", async () => {
    const abort = new AbortController();
    const running = pulumiRunner(folder, abort.signal)(["up"]);
    running.catch(() => {});
    while (!existsSync(begun)) await new Promise((resolve) => setTimeout(resolve, 10));
    abort.abort(new Ended("interrupted", "Stopped."));
    await assert.rejects(running, /pulumi ended with status 1, and said nothing/);
  });
});
