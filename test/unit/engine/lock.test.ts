// Does NOT prove that pulumi writes and names its locks this way; test/faults kills a real one.
import assert from "node:assert/strict";
import { isHeld, namedLocks } from "../../../engine/lock.ts";

const text = `code: -2
 stderr: Command failed with exit code 255: pulumi up --stack ml
error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  file:///home/a%20b/.pulumi/locks/organization/vllm-platform/ml/0b6d3f2c.json?no_tmp_dir=true: created by me@nuc (pid 4711) at 2026-11-24T07:57:00Z
`;

describe("locks that pulumi names", () => {
  it("are read with their holder and file", () => {
    assert.deepEqual(namedLocks(text), [
      {
        pid: 4711,
        username: "me",
        hostname: "nuc",
        timestamp: "2026-11-24T07:57:00Z",
        file: "/home/a b/.pulumi/locks/organization/vllm-platform/ml/0b6d3f2c.json",
      },
    ]);
  });

  it("of a bucket have no file on this machine", () => {
    const [lock] = namedLocks(text.replace("file:///home/a%20b", "s3://bucket"));
    assert.equal(lock?.file, undefined);
    assert.equal(lock?.pid, 4711);
  });

  it("are not found in another error", () => {
    assert.deepEqual(namedLocks("error: no stack named 'ml' found"), []);
    assert.deepEqual(namedLocks("url: created by me@nuc (pid 4711) at noon"), []);
  });
});

describe("a lock", () => {
  const lock = { pid: 4711, hostname: "nuc", timestamp: "2026-11-24T07:57:00Z" };
  const at = Date.parse(lock.timestamp);
  const on = (hostname: string, startedAt: number | undefined) => ({ hostname, startedAt: () => startedAt });

  it("is held by a process that began before it was written, to the second", () => {
    assert.equal(isHeld(lock, on("nuc", at - 60_000)), true);
    assert.equal(isHeld(lock, on("nuc", at + 900)), true);
  });

  it("is not held by nobody, nor by a later process with the same id", () => {
    assert.equal(isHeld(lock, on("nuc", undefined)), false);
    assert.equal(isHeld(lock, on("nuc", at + 60_000)), false);
  });

  it("of another machine counts as held", () => {
    assert.equal(isHeld(lock, on("laptop", undefined)), true);
  });
});
