// Does not fill a disk: the free space is told to the check, and the errors are made.
import assert from "node:assert/strict";
import { explainDisk, requireSpace } from "../../../../../lab/toolchain/base/disk.ts";
import { userError, World } from "../fixtures.ts";

describe("the disk that the cache lies on", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.remove());

  it("is refused before the build where it is too small, with what is needed and what is free", async () => {
    await assert.rejects(
      requireSpace(2000, async () => 1_500_000_000),
      userError(
        /needs about 2\.0 GB in .*cache, and 1\.5 GB are free there: free some space, or name another/,
      ),
    );
  });

  it("is taken where it is large enough, as asked of the real one", async () => {
    await requireSpace(2000, async () => 2_000_000_001);
    await requireSpace(0);
    await assert.rejects(requireSpace(1e9), userError(/needs about 1000000\.0 GB/));
  });

  for (const [code, sentence] of [
    ["ENOSPC", /the disk is full: free some space, or name another folder in VLLM_PLATFORM_CACHE/],
    ["EACCES", /may not write there/],
    ["EROFS", /read-only/],
  ] as const) {
    it(`is explained when it answers ${code}`, () => {
      userError(sentence)(explainDisk(Object.assign(new Error("write"), { code, syscall: "write" })));
    });
  }

  it("is not blamed for other errors", () => {
    const start = Object.assign(new Error("spawn go EACCES"), { code: "EACCES", syscall: "spawn go" });
    assert.equal(explainDisk(start), start);
    const other = new Error("other");
    assert.equal(explainDisk(other), other);
  });
});
