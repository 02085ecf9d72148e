// Does NOT prove that pulumi writes its locks this way; test/faults kills a real one.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { projectRoot, type SandboxPaths, sandboxPaths } from "../../../../../lab/sandbox/base/paths.ts";
import { clearStaleLocks } from "../../../../../lab/sandbox/pulumi/state.ts";
import { identify } from "../../../../../system/processes.ts";

describe("locks of the sandbox's backend", () => {
  let paths: SandboxPaths;
  let folder: string;
  let other: ChildProcess;
  beforeEach(async () => {
    paths = sandboxPaths(mkdtempSync(join(tmpdir(), "locks-")));
    folder = join(paths.state, ".pulumi", "locks", "organization", "vllm-platform", "ml");
    mkdirSync(folder, { recursive: true });
    symlinkSync(projectRoot, paths.files);
    other = spawn("sleep", ["60"], { stdio: "ignore" });
    await once(other, "spawn");
  });
  afterEach(() => {
    other.kill("SIGKILL");
    rmSync(paths.dir, { recursive: true });
  });

  const lock = (fields: { pid?: number; hostname?: string; timestamp?: Date }): void =>
    write(
      JSON.stringify({
        pid: other.pid,
        username: "somebody",
        hostname: hostname(),
        timestamp: new Date(),
        ...fields,
      }),
    );

  /** With its attributes beside it, as the backend has them. */
  function write(text: string): void {
    writeFileSync(join(folder, "one.json"), text);
    writeFileSync(join(folder, "one.json.attrs"), "{}");
  }

  async function stays(): Promise<void> {
    assert.deepEqual(await clearStaleLocks(paths), []);
    assert.deepEqual(readdirSync(folder), ["one.json", "one.json.attrs"]);
  }

  async function goes(): Promise<void> {
    assert.deepEqual(await clearStaleLocks(paths), ["ml"]);
    assert.deepEqual(readdirSync(folder), []);
  }

  it("of a running process stays", async () => {
    lock({});
    await stays();
  });

  it("of a process that has ended goes", async () => {
    lock({});
    other.kill("SIGKILL");
    await once(other, "exit");
    await goes();
  });

  it("of a killed process goes also while nobody has taken note of its end", async () => {
    const parent = spawn("sh", ["-c", "sleep 1 & echo $!; exec sleep 60"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      const zombie = Number(String(await once(parent.stdout, "data")));
      while (identify(zombie) !== undefined) await sleep(20);
      assert.doesNotThrow(() => process.kill(zombie, 0), "the kernel knows it no longer: it was no zombie");
      lock({ pid: zombie });
      await goes();
    } finally {
      parent.kill("SIGKILL");
    }
  });

  it("of an ended process goes when a later process has got its id", async () => {
    lock({ timestamp: new Date(Date.now() - 60_000) });
    await goes();
  });

  it("of another machine stays: nothing is known of its processes", async () => {
    lock({ hostname: `not-${hostname()}` });
    other.kill("SIGKILL");
    await once(other, "exit");
    await stays();
  });

  for (const half of ["", '{"pid": 12']) {
    it(`that a crash cut off after ${half.length} characters goes`, async () => {
      write(half);
      await goes();
    });
  }

  it("need no backend", async () => {
    rmSync(paths.state, { recursive: true });
    assert.deepEqual(await clearStaleLocks(paths), []);
  });
});
