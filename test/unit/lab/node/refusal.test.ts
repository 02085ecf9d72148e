// Does not prove that a node runs where nothing is refused; test/node starts one.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { whyNoNetwork } from "../../../../lab/network/network.ts";
import { requireRealNode, whyNoNode } from "../../../../lab/node/index.ts";
import { Ended } from "../../../../system/errors.ts";

describe("a machine that can have no real node", () => {
  const path = process.env.PATH ?? "";
  let folder: string;
  before(async function () {
    const why = await whyNoNetwork();
    if (why === undefined) return;
    console.log(`    left out: ${why}`);
    this.skip();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "node-"));
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  });

  /** PATH with these commands alone. */
  function only(...commands: readonly string[]): void {
    for (const command of commands) {
      const place = path.split(delimiter).find((one) => existsSync(join(one, command)));
      assert.ok(place !== undefined, command);
      symlinkSync(join(place, command), join(folder, command));
    }
    process.env.PATH = folder;
  }

  it("is told the command that is missing, and the package that has it", async () => {
    only("ip", "unshare", "nsenter", "true");
    assert.equal(
      await whyNoNode(join(folder, "node")),
      "the command nft is missing (Debian's package nftables has it)",
    );
    await assert.rejects(
      requireRealNode(join(folder, "node")),
      new Ended(
        "refused",
        "No real node can run here: the command nft is missing (Debian's package nftables has it).",
      ),
    );
    assert.equal(existsSync(join(folder, "node")), false);
  });

  it("is told of a folder that the node would hide from itself", async function () {
    if ((await whyNoNode(join(folder, "node"))) !== undefined) this.skip();
    assert.match(
      (await whyNoNode("/var/lib/sandbox/node")) ?? "",
      /^the sandbox lies below \/var\/lib, which/,
    );
    assert.equal(existsSync("/var/lib/sandbox"), false);
    assert.equal(existsSync(join(folder, "node")), false);
  });
});
