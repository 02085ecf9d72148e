// Does NOT prove that npm start takes the lock; an engine test runs two of them.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { endHolder, takeLock } from "../../../../../lab/sandbox/base/lock.ts";
import { identify } from "../../../../../system/processes.ts";
import { UserError } from "../../../../../system/user-error.ts";
import { Folder } from "../fixtures.ts";

describe("the sandbox's lock", () => {
  let folder: Folder;
  let other: ChildProcess;
  beforeEach(async () => {
    folder = new Folder();
    other = spawn("sleep", ["60"], { stdio: "ignore" });
    await once(other, "spawn");
  });
  afterEach(() => {
    other.kill("SIGKILL");
    folder.remove();
  });

  const heldByOther = (change: object = {}): void =>
    writeFileSync(
      folder.paths.lock,
      JSON.stringify({ pid: other.pid, identity: identify(other.pid ?? 0), command: "npm start", ...change }),
    );

  it("is refused while another command has it, naming that one, and free after its release", async () => {
    const release = await takeLock(folder.paths, "npm start");
    await assert.rejects(
      takeLock(folder.paths, "npm run clean"),
      new UserError(
        `npm start is running in this sandbox already (process ${process.pid}); wait until it has finished, or end it.`,
      ),
    );
    await release();
    await (await takeLock(folder.paths, "npm start"))();
    assert.equal(existsSync(folder.paths.lock), false);
  });

  it("is given to one of several that ask at once", async () => {
    const asked = await Promise.allSettled(
      Array.from({ length: 5 }, () => takeLock(folder.paths, "npm start")),
    );
    assert.equal(asked.filter(({ status }) => status === "fulfilled").length, 1);
  });

  it("of a running process is kept", async () => {
    heldByOther();
    await assert.rejects(takeLock(folder.paths, "npm start"), new RegExp(`process ${other.pid}\\)`));
  });

  it("of a killed process holds nothing", async () => {
    heldByOther();
    other.kill("SIGKILL");
    await once(other, "exit");
    await (await takeLock(folder.paths, "npm start"))();
  });

  it("of a process whose id is another one's by now holds nothing", async () => {
    heldByOther({ identity: "of another time" });
    await (await takeLock(folder.paths, "npm start"))();
  });

  it("that was written half holds nothing", async () => {
    writeFileSync(folder.paths.lock, '{"pid":');
    await (await takeLock(folder.paths, "npm start"))();
  });

  it("is given up by ending who holds it", async () => {
    heldByOther();
    assert.equal(await endHolder(folder.paths), "npm start");
    assert.equal(identify(other.pid ?? 0), undefined);
    assert.equal(existsSync(folder.paths.lock), false);
    assert.equal(await endHolder(folder.paths), undefined);
  });
});
