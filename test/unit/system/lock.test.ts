// Does NOT prove that a command takes the lock; engine tests run two of them.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endHolder, tryLock, waitForLock } from "../../../system/lock.ts";
import { identify } from "../../../system/processes.ts";

describe("a lock", () => {
  let folder: string;
  let file: string;
  let other: ChildProcess;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "lock-"));
    file = join(folder, "lock.json");
    other = spawn("sleep", ["60"], { stdio: "ignore" });
    await once(other, "spawn");
  });
  afterEach(() => {
    other.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  const heldByOther = (change: object = {}): void =>
    writeFileSync(
      file,
      JSON.stringify({ pid: other.pid, identity: identify(other.pid ?? 0), title: "npm start", ...change }),
    );
  const taken = async (): Promise<() => Promise<void>> => {
    const answer = await tryLock(file, "npm start");
    return typeof answer === "function" ? answer : assert.fail(`held by ${answer.pid}`);
  };
  const endOther = async (): Promise<void> => {
    other.kill("SIGKILL");
    await once(other, "exit");
  };

  it("says who has it while another has it, and is free after its release, without a trace", async () => {
    const release = await taken();
    const holder = { pid: process.pid, identity: identify(process.pid), title: "npm start" };
    assert.deepEqual(await tryLock(file, "npm run clean"), holder);
    await release();
    await (await taken())();
    assert.deepEqual(readdirSync(folder), []);
  });

  it("is given to one of several that ask at once, also where its holder has ended", async () => {
    for (const ended of [false, true]) {
      if (ended) {
        heldByOther();
        await endOther();
      }
      const asked = await Promise.all(Array.from({ length: 8 }, () => tryLock(file, "npm start")));
      const given = asked.filter((answer) => typeof answer === "function");
      assert.equal(given.length, 1);
      await given[0]?.();
      assert.deepEqual(readdirSync(folder), []);
    }
  });

  it("of a running process is kept", async () => {
    heldByOther();
    assert.equal(((await tryLock(file, "npm start")) as { pid: number }).pid, other.pid);
  });

  it("holds nothing where its process was killed, its id is another one's by now, or it was written half", async () => {
    heldByOther({ identity: "of another time" });
    await (await taken())();
    writeFileSync(file, '{"pid":');
    await (await taken())();
    heldByOther();
    await endOther();
    await (await taken())();
  });

  it("is waited for until it is released, or the waiting is ended", async () => {
    heldByOther();
    const waits: string[] = [];
    const onWait = ({ title }: { title: string }) => waits.push(title);
    const abort = new AbortController();
    const given = waitForLock(file, "one", { onWait });
    const ended = assert.rejects(waitForLock(file, "two", { onWait, signal: abort.signal }), /enough/);
    abort.abort(new Error("enough"));
    await ended;
    await endOther();
    await (await given)();
    assert.deepEqual(waits, []);
  });

  it("is given up by ending who holds it", async () => {
    heldByOther();
    assert.equal(await endHolder(file), "npm start");
    assert.equal(identify(other.pid ?? 0), undefined);
    await (await taken())();
    assert.equal(await endHolder(file), undefined);
  });

  it("that cannot be written says why", async () => {
    await assert.rejects(tryLock(join(folder, "missing", "lock.json"), "npm start"), { code: "ENOENT" });
  });
});
