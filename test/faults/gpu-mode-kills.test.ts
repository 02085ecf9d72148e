// Does NOT prove what a killed machine leaves behind, nor a kill of a backend in the cloud: processes of this machine are killed.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { exitCodes } from "../../cli/exit-codes.ts";
import { sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { type SwitchPhase, switchPhases } from "../../operations/switch/phases.ts";
import { identify } from "../../system/processes.ts";
import type { Mode } from "../support/expected-objects.ts";
import { beginWith, gpuModeEnds, isWholly, startGpuMode } from "../support/gpu-mode.ts";
import { up } from "../support/pulumi.ts";
import { eventually, kubectlOn, startedSandbox } from "../support/sandbox.ts";

/** The phases of a release come in no other switch. */
const onlyFreeing: readonly SwitchPhase[] = ["claim"];
/** A smoke test is waited for as a load is, and no shipped mode has one. */
const killedIn = switchPhases.filter((phase) => phase !== "test");
/** Those with a pulumi to kill: before, there is none, and it has ended when the server is asked. */
const withPulumi = killedIn.filter((phase) => !["check", "serve"].includes(phase));

const serving = ["ml", "r1", "coder"] as const satisfies readonly Mode[];

interface Turn {
  readonly phase: SwitchPhase;
  readonly from: Mode;
  /** The mode whose switch is killed. */
  readonly to: Mode;
  /** The mode that is asked for then: by turns the same, and another one. */
  readonly next: Mode;
}

/** A kill in each phase, each beginning with the mode that the one before it ends with, if there is a pod to be released. */
function turns(phases: readonly SwitchPhase[], first: Mode, firstNext: "the same" | "another"): Turn[] {
  let from: Mode = first;
  return phases.map((phase, index) => {
    const [one = "ml", other = "ml"] = serving.filter((mode) => mode !== from);
    const to: Mode = onlyFreeing.includes(phase) ? "gaming" : one;
    const next = (index % 2 === 0) === (firstNext === "the same") ? to : other;
    const turn: Turn = { phase, from, to, next };
    from = next === "gaming" ? "coder" : next;
    return turn;
  });
}

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

  for (const { phase, from, to, next } of turns(killedIn, "ml", "the same")) {
    it(`from ${from} to ${to} in phase ${phase} by kill -9: gpu-mode ${next} goes on, and pulumi does not outlive it`, async () => {
      await beginWith(sandbox, from);
      const running = startGpuMode(sandbox, [to]);
      assert.ok(await running.reached(phase, switchPhases));
      running.child.kill("SIGKILL");
      const pulumi = lockHolder(to);
      await running.ended;
      if (pulumi !== undefined) {
        await gone(pulumi);
      }
      await gpuModeEnds(sandbox, 0, next);
      await isWholly(sandbox, next);
    });
  }

  for (const { phase, from, to, next } of turns(withPulumi, "ml", "another")) {
    it(`from ${from} to ${to} in phase ${phase} by a kill -9 of pulumi: it says so and leaves its lock, and gpu-mode ${next} goes on`, async () => {
      await beginWith(sandbox, from);
      const running = startGpuMode(sandbox, [to]);
      assert.ok(await running.reached(phase, switchPhases));
      const pulumi = await eventually(20, async () => lockHolder(to));
      process.kill(pulumi, "SIGKILL");
      const end = await running.ended;
      assert.equal(end.code, exitCodes.failed, end.stdout + end.stderr);
      assert.match(
        end.stderr,
        new RegExp(
          `brought (up|in line): pulumi was ended from outside \\(status 137\\), .*gpu-mode ${to} tries again, gpu-mode ${from} goes back\\.\n$`,
        ),
      );
      assert.equal(lockedBy(to), pulumi);
      const { stdout } = await gpuModeEnds(sandbox, 0, next);
      // The next command on that stack clears it, and no other does.
      const cleared = stdout.includes(`locked by a pulumi that has been killed (process ${pulumi})`);
      assert.deepEqual([cleared, lockedBy(to)], next === to ? [true, undefined] : [false, pulumi], stdout);
      await isWholly(sandbox, next);
    });
  }

  it("leaves a living pulumi's lock where it is, whether it holds the Lease or not", async () => {
    await beginWith(sandbox, "coder");
    // It is at work until the scenario is another.
    await sandbox.setScenario({ name: "never-ready", stopSeconds: 0.5 });
    const plain = up(sandbox, "ml");
    await eventually(60, async () => {
      const declared = await kubectlOn(sandbox, [
        ...["get", "deployment/vllm-server", "-n", "ml"],
        "-o=jsonpath={.metadata.labels.gpu-mode}",
      ]);
      return declared === "ml" ? true : undefined;
    });
    const pulumi = lockHolder("ml");
    assert.ok(pulumi);
    const { stderr } = await gpuModeEnds(sandbox, exitCodes.locked, "ml");
    assert.match(stderr, /Another update is under way; nothing was changed\./);
    assert.equal(lockHolder("ml"), pulumi);
    await sandbox.setScenario({ name: "healthy", loadSeconds: 1, stopSeconds: 1.5 });
    await plain;

    const lock = { pid: process.pid, username: "somebody", hostname: hostname(), timestamp: new Date() };
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
    await gpuModeEnds(sandbox, 0, "ml");
    await isWholly(sandbox, "ml");
  });

  it("by Ctrl-C ends with 130, frees the lock and the Lease, and goes on with the same command", async () => {
    await beginWith(sandbox, "ml");
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
