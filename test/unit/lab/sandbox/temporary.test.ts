// Does NOT prove that the processes of a sandbox end; test/faults does, with real ones.
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { removeAbandonedSandboxes, temporarySandbox } from "../../../../lab/sandbox/temporary.ts";

describe("a sandbox for as long as a process needs it", () => {
  it("goes when that process has ended without removing it, and not before", async () => {
    const kept = await temporarySandbox();
    const left = await temporarySandbox();
    const owner = (dir: string): string => `${dir}.owner.json`;
    try {
      writeFileSync(owner(left.dir), JSON.stringify({ pid: 2 ** 22 + 1, identity: "ended" }));
      await removeAbandonedSandboxes();
      assert.deepEqual([existsSync(left.dir), existsSync(owner(left.dir))], [false, false]);
      assert.equal(existsSync(kept.dir), true);
    } finally {
      await kept.remove();
      await left.remove();
    }
    assert.deepEqual([existsSync(kept.dir), existsSync(owner(kept.dir))], [false, false]);
  });
});
