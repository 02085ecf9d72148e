// Does NOT prove what a killed machine leaves behind, nor a kill of a backend in the cloud: processes of this machine are killed.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { exitCodes } from "../../cli/exit-codes.ts";
import { sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { type SwitchPhase, switchPhases } from "../../operations/switch/phases.ts";
import { identify } from "../../system/processes.ts";
import type { Mode } from "../support/expected-objects.ts";
import { gpuModeEnds, isWholly, startGpuMode } from "../support/gpu-mode.ts";
import { up } from "../support/pulumi.ts";
import { eventually, startedSandbox } from "../support/sandbox.ts";
import { objectOf } from "../support/whole-mode.ts";

/**
 * A kill in each state of a switch: nothing held yet; GPU given back ahead of the engine; engine at work under the Lease, its
 * program declaring or waiting; engine ended, Lease held. In `release` and `pull` it is as in `load`. Each begins with what the one
 * before it has left, with the same mode or another one.
 */
const kills: readonly { to: Mode; phase: SwitchPhase }[] = [
  { to: "gaming", phase: "check" },
  { to: "gaming", phase: "claim" },
  { to: "r1", phase: "apply" },
  { to: "r1", phase: "load" },
  { to: "ml", phase: "serve" },
];

describe("gpu-mode, killed", function () {
  this.timeout(240_000);
  let sandbox: Sandbox;

  before(async () => {
    // Long enough that a phase can be met.
    sandbox = await startedSandbox({ loadSeconds: 1, stopSeconds: 1.5 });
    await gpuModeEnds(sandbox, 0, "ml");
  });

  after(() => sandbox?.remove());

  const lockFolder = (mode: Mode): string =>
    join(sandboxPaths(sandbox.dir).state, ".pulumi", "locks", "organization", "vllm-platform", mode);

  /** The process that a stack's lock names, which may have ended; undefined where the stack is not locked. */
  function lockedBy(mode: Mode): number | undefined {
    const folder = lockFolder(mode);
    try {
      const [file] = readdirSync(folder).filter((name) => name.endsWith(".json"));
      return file === undefined
        ? undefined
        : (JSON.parse(readFileSync(join(folder, file), "utf8")) as { pid: number }).pid;
    } catch {
      return undefined;
    }
  }

  /** The pulumi that is at work on a stack; undefined where there is none. */
  function lockHolder(mode: Mode): number | undefined {
    const pid = lockedBy(mode);
    return pid !== undefined && identify(pid) !== undefined ? pid : undefined;
  }

  const gone = (pid: number): Promise<true> =>
    eventually(60, async () => (identify(pid) === undefined ? true : undefined));

  it("in any phase by kill -9: the next one goes on, and pulumi does not outlive it", async () => {
    for (const { to, phase } of kills) {
      const running = startGpuMode(sandbox, [to]);
      assert.ok(
        await running.reached(phase, switchPhases),
        `${to} has not come to ${phase}: ${running.printed()}${running.printed("stderr")}`,
      );
      running.child.kill("SIGKILL");
      const pulumi = lockHolder(to);
      await running.ended;
      if (pulumi !== undefined) {
        await gone(pulumi);
      }
    }
    await gpuModeEnds(sandbox, 0, "ml");
    await isWholly(sandbox, "ml");
  });

  describe("by a kill -9 of pulumi", () => {
    /** Of each mode, the pulumi that was killed last. */
    const killed = new Map<Mode, number>();
    /** Whose locks it says that it has cleared. */
    const cleared = (stdout: string): number[] =>
      [...stdout.matchAll(/locked by a pulumi that has been killed \(process (\d+)\)/g)].map(([, pid]) =>
        Number(pid),
      );

    // Before `claim` there is no pulumi, and it has ended when the server is asked.
    for (const { to, phase, words } of [
      { to: "gaming", phase: "claim", words: "in line: .*tries again, gpu-mode coder goes back" },
      { to: "ml", phase: "apply", words: "up: .*tries again, gpu-mode gaming goes back" },
      { to: "ml", phase: "load", words: "up: .*tries again" },
    ] as const) {
      it(`in phase ${phase} of ${to}: says so and leaves its lock`, async () => {
        // The server would be asked soon, when pulumi has ended.
        if (phase === "load") await sandbox.setScenario({ name: "never-ready", stopSeconds: 0.5 });
        const running = startGpuMode(sandbox, [to]);
        assert.ok(await running.reached(phase, switchPhases));
        const left = killed.get(to);
        const pulumi = await eventually(20, async () => lockHolder(to));
        process.kill(pulumi, "SIGKILL");
        const { code, stdout, stderr } = await running.ended;
        assert.equal(code, exitCodes.failed, stdout + stderr);
        assert.match(stderr, /brought (up|in line): pulumi was ended from outside \(status 137\), /);
        assert.match(stderr, new RegExp(`brought ${words}.*\\.\n$`));
        assert.deepEqual(cleared(stdout), left === undefined ? [] : [left], stdout);
        assert.equal(lockedBy(to), pulumi);
        killed.set(to, pulumi);
      });
    }

    it("the next one of a mode clears that mode's lock, and no other", async () => {
      const { stdout } = await gpuModeEnds(sandbox, 0, "gaming");
      assert.deepEqual(cleared(stdout), [killed.get("gaming")], stdout);
      assert.deepEqual([lockedBy("gaming"), lockedBy("ml")], [undefined, killed.get("ml")]);
      await isWholly(sandbox, "gaming");
    });
  });

  it("leaves a living pulumi's lock where it is, whether it holds the Lease or not", async () => {
    // It is at work until the scenario is another.
    await sandbox.setScenario({ name: "never-ready", stopSeconds: 0.5 });
    const plain = up(sandbox, "r1");
    await eventually(60, async () => {
      const declared = await objectOf(sandbox, "deployments", "vllm-server");
      return declared?.metadata.labels?.["gpu-mode"] === "r1" ? true : undefined;
    });
    const pulumi = lockHolder("r1");
    assert.ok(pulumi);
    const { stderr } = await gpuModeEnds(sandbox, exitCodes.locked, "r1");
    assert.match(stderr, /Another update is under way; nothing was changed\./);
    assert.equal(lockHolder("r1"), pulumi);
    await sandbox.setScenario({ name: "healthy", loadSeconds: 1, stopSeconds: 1.5 });
    await plain;

    const lock = { pid: process.pid, username: "somebody", hostname: hostname(), timestamp: new Date() };
    mkdirSync(lockFolder("coder"), { recursive: true });
    const file = join(lockFolder("coder"), "00000000-0000-4000-8000-000000000000.json");
    writeFileSync(file, JSON.stringify(lock));
    const locked = await gpuModeEnds(sandbox, exitCodes.locked, "coder");
    assert.match(
      locked.stderr,
      new RegExp(
        `^Stack coder is locked: pulumi of somebody on \\S+ \\(process ${process.pid}\\) holds its lock since `,
      ),
    );
    assert.equal(lockedBy("coder"), process.pid);
    rmSync(file);
    await isWholly(sandbox, "r1");
  });

  it("by Ctrl-C ends with 130, frees the lock and the Lease, and goes on with the same command", async () => {
    await sandbox.setScenario({ name: "never-ready", stopSeconds: 0.5 });
    for (const phase of ["apply", "load"] as const) {
      const running = startGpuMode(sandbox, ["coder"]);
      assert.equal(await running.reached(phase, switchPhases), phase);
      running.child.kill("SIGINT");
      const { code, stderr } = await running.ended;
      assert.equal(code, exitCodes.interrupted, stderr);
      const how = {
        apply: /^Stopped(; nothing was changed\.$|\. Mode coder .*gpu-mode coder goes on from here)/m,
        load: /^Stopped\. Mode coder is declared, and the cluster goes on with it by itself: .*gpu-mode coder goes on from here/m,
      }[phase];
      assert.match(stderr, how);
      assert.equal(lockedBy("coder"), undefined);
    }
    await sandbox.setScenario({ name: "healthy", loadSeconds: 1, stopSeconds: 1.5 });
    await gpuModeEnds(sandbox, 0, "coder");
    await isWholly(sandbox, "coder");
  });
});
