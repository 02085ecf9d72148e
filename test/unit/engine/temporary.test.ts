// Does NOT prove that pulumi's plugins write there; test/engine runs a real provider.
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withTemporary } from "../../../engine/temporary.ts";
import { ownProcess } from "../../../system/own-process.ts";
import { noProcess } from "../../support/no-process.ts";

describe("pulumi's folder for temporary files", () => {
  const saved = process.env.TMPDIR;
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "temporary-"));
    process.env.TMPDIR = base;
  });
  afterEach(() => {
    if (saved === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = saved;
    rmSync(base, { recursive: true });
  });

  it("is the user's alone, and goes with what is in it, whatever becomes of the work", async () => {
    const work = async (folder: string): Promise<number> => {
      writeFileSync(join(folder, "kubeconfig1"), "token");
      return statSync(folder).mode & 0o777;
    };
    assert.equal(await withTemporary(work), 0o700);
    const failing = (folder: string): Promise<never> =>
      work(folder).then(() => Promise.reject(new Error("no")));
    await assert.rejects(withTemporary(failing), /no/);
    assert.deepEqual(readdirSync(base), []);
  });

  it("of a run that was killed is removed by the next one, and no other's", async function () {
    const [table, own] = ownProcess()?.split("/") ?? [];
    if (table === undefined) {
      this.skip(); // nothing tells here whose a process id was
    }
    const name = (of: string, id: unknown) => `vllm-platform-pulumi-${of}-${id}-abc123`;
    const kept = [
      name(table, own),
      name("0123456789abcdef", noProcess),
      "vllm-platform-pulumi-unknown-abc123",
      "mine",
    ];
    for (const one of [...kept, name(table, noProcess)]) mkdirSync(join(base, one));
    symlinkSync(join(base, "mine"), join(base, `${name(table, noProcess)}x`));
    writeFileSync(join(base, name(table, noProcess), "kubeconfig1"), "token");
    await withTemporary(async () => {});
    assert.equal(existsSync(join(base, name(table, noProcess))), false);
    assert.deepEqual(readdirSync(base).sort(), [...kept, `${name(table, noProcess)}x`].sort());
  });
});
