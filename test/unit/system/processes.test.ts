// Does not prove anything for Windows, nor that a process which leaves its process group is ended.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CommandFailed,
  endProcess,
  finish,
  identify,
  outputOf,
  run,
  startedAt,
} from "../../../system/processes.ts";

async function untilGone(pid: number): Promise<void> {
  while (identify(pid) !== undefined) {
    await sleep(20);
  }
}

describe("processes", () => {
  let child: ChildProcess;
  let pid: number;
  beforeEach(async () => {
    child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    await once(child, "spawn");
    pid = child.pid ?? assert.fail("no process id");
  });
  afterEach(() => child.kill("SIGKILL"));

  it("identify a running process always alike, and an ended one not at all", async () => {
    const identity = identify(pid);
    assert.ok(identity);
    assert.equal(identify(pid), identity);
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.equal(identify(pid), undefined);
  });

  it("have a time at which they were started, as long as they run", async () => {
    const now = Date.now();
    const seen = startedAt(pid) ?? assert.fail("no start");
    assert.ok(
      Math.abs(now - seen) < 60_000,
      `${new Date(seen).toISOString()} at ${new Date(now).toISOString()}`,
    );
    assert.ok(seen > (startedAt(process.pid) ?? Number.NaN));
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.equal(startedAt(pid), undefined);
  });

  it("have ended although nobody takes note of their end", async () => {
    // The shell becomes a sleep, which never asks after the child that the shell has had.
    const parent = spawn("sh", ["-c", "sleep 1 & echo $!; exec sleep 60"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      const zombie = Number(String(await once(parent.stdout, "data")));
      await untilGone(zombie);
      assert.doesNotThrow(() => process.kill(zombie, 0), "the kernel knows it no longer: it was no zombie");
      assert.equal(startedAt(zombie), undefined);
    } finally {
      parent.kill("SIGKILL");
    }
  });

  it("are ended by id and identity", async () => {
    await endProcess({ pid, identity: identify(pid) ?? "" });
    assert.equal(identify(pid), undefined);
  });

  it("are left alone when the id now belongs to another one", async () => {
    await endProcess({ pid, identity: "another" });
    assert.notEqual(identify(pid), undefined);
    assert.equal(child.signalCode, null);
  });

  it("hand over their lines, and their status when it is not 0", async () => {
    assert.deepEqual(await run("sh", ["-c", "echo one; echo two"]), ["one", "two"]);
    await assert.rejects(run("sh", ["-c", "echo why >&2; exit 3"]), (error: unknown) => {
      assert.ok(error instanceof CommandFailed);
      assert.equal(error.status, 3);
      assert.deepEqual(error.lines, ["why"]);
      return true;
    });
  });

  it("read their input, and hand over what they print with their status", async () => {
    const script = "cat; echo why >&2; exit 3";
    assert.deepEqual(await finish("sh", ["-c", script], { input: "said" }), {
      status: 3,
      stdout: "said",
      stderr: "why\n",
    });
    // It ends before it has read all of that.
    assert.equal(await outputOf("echo", ["one"], { input: "long".repeat(100_000) }), "one\n");
    await assert.rejects(outputOf("sh", ["-c", script]), /^Error: sh -c .* ended with status 3: why$/);
    await assert.rejects(finish("/nonexistent", []), { code: "ENOENT" });
  });

  it("end when their signal fires", async () => {
    const abort = new AbortController();
    let started = 0;
    const running = run("sh", ["-c", "echo $$; exec sleep 600"], {
      signal: abort.signal,
      onLine: (line) => {
        started = Number(line);
        abort.abort(new Error("stopped"));
      },
    });
    await assert.rejects(running, /stopped/);
    assert.equal(identify(started), undefined);
  });

  it("end when their owner is killed", async () => {
    const module = new URL("../../../system/processes.ts", import.meta.url).href;
    const program = `import { run } from ${JSON.stringify(module)};
      await run("sh", ["-c", "echo $$; exec sleep 600"], { onLine: (line) => console.log(line) });`;
    const owner = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(createInterface({ input: owner.stdout }), "line")) as [string];
    assert.notEqual(identify(Number(line)), undefined);
    owner.kill("SIGKILL");
    await untilGone(Number(line));
  });
});
