// Does NOT prove what two machines do whose network parts them, nor that a real pod ends in time: all runs on this machine.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { exitCodes } from "../../cli/exit-codes.ts";
import { frontOf } from "../../lab/sandbox/front.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { switchPhases } from "../../operations/switch/phases.ts";
import { beginWith, gpuMode, gpuModeEnds, gpuModeJson, isWholly, startGpuMode } from "../support/gpu-mode.ts";
import { patched } from "../support/live.ts";
import { programsOf } from "../support/programs.ts";
import { tryUp, up } from "../support/pulumi.ts";
import { eventually, kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { objectOf, objectsOf } from "../support/whole-mode.ts";

const healthy = { name: "healthy", loadSeconds: 0.5, stopSeconds: 0.5 } as const;
/** What is at work in it stays so. */
const loadingForEver = { name: "never-ready", stopSeconds: 0.5 } as const;

describe("the GPU is freed", function () {
  this.timeout(240_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox(healthy);
    await gpuModeEnds(sandbox, 0, "r1");
  });

  after(() => sandbox?.remove());

  const nothingRuns = (): Promise<boolean> =>
    eventually(5, async () => {
      assert.deepEqual(programsOf(sandbox), []);
      return true;
    });

  /** Until the Deployment's pod of a mode loads. */
  const loads = (mode: string): Promise<true> =>
    eventually(60, async () => {
      const pods = await objectsOf(sandbox, ["pods"], `app=vllm-server,gpu-mode=${mode}`);
      const phases = pods.map(({ status }) => (status as { phase?: string }).phase);
      return phases.join() === "Running" ? true : undefined;
    });

  const switchNumber = (): Promise<string> =>
    kubectlOn(sandbox, ["get", "configmap/gpu-mode", "-n", "ml", "-o=jsonpath={.data.switch}"]);

  describe("by an interruption", () => {
    before(() => sandbox.setScenario(loadingForEver));
    after(() => sandbox.setScenario(healthy));

    it("of gpu-mode ml while it loads, which says by whom", async () => {
      const running = startGpuMode(sandbox, ["ml"]);
      assert.equal(await running.reached("load", switchPhases), "load");
      const { stdout } = await gpuModeEnds(sandbox, 0, "gaming");
      assert.match(
        stdout,
        /^Interrupting gpu-mode ml on \S+ \(process \d+\) since \S+, as the GPU is to be freed\.$/m,
      );
      const { code, stderr } = await running.ended;
      assert.equal(code, exitCodes.locked, stderr);
      assert.match(
        stderr,
        /^Interrupted by gpu-mode gaming on \S+ \(process \d+\), which frees the GPU\. Nothing is lost: gpu-mode ml goes on from here\.$/m,
      );
      await nothingRuns();
      await isWholly(sandbox, "gaming");
    });

    it("of gpu-mode coder before it has claimed anything: then gaming stays, and does not say that there is nothing to do", async () => {
      const before = await switchNumber();
      // The state of coder, which nothing else here uses, remembers its address.
      const front = await frontOf(sandbox);
      // Its engine gets no answer until it was interrupted, so it is not too late for that however fast it is.
      let release = (): void => {};
      const released = new Promise<undefined>((resolve) => {
        release = () => resolve(undefined);
      });
      const held = new Promise<void>((begun) => {
        front.answer = ({ headers }) => {
          if (!headers["user-agent"]?.startsWith("pulumi-kubernetes")) return undefined;
          begun();
          return released;
        };
      });
      try {
        const running = startGpuMode(front.sandbox, ["coder"]);
        const first = await Promise.race([held, running.ended]);
        assert.equal(first, undefined, `it ended before: ${JSON.stringify(first)}`);
        const gaming = gpuModeEnds(sandbox, 0, "gaming");
        await eventually(
          60,
          async () => /Interrupted by gpu-mode gaming/.test(running.printed("stdout")) || undefined,
        );
        // Pulumi is told a moment after that, and must not go on before.
        await sleep(1_000);
        release();
        const { stdout } = await gaming;
        assert.match(stdout, /^Interrupting gpu-mode coder on /m);
        assert.doesNotMatch(stdout, /has not stopped/);
        const { code, stderr } = await running.ended;
        assert.equal(code, exitCodes.locked, stderr);
        assert.match(
          stderr,
          /^Interrupted by gpu-mode gaming on .* Nothing is lost: gpu-mode coder goes on from here\.$/m,
        );
      } finally {
        release();
        front.close();
      }
      await nothingRuns();
      await isWholly(sandbox, "gaming");
      assert.equal(await switchNumber(), before);
    });

    it("of gpu-mode ml while it loads, by a plain pulumi up of gaming", async () => {
      const running = startGpuMode(sandbox, ["ml"]);
      assert.equal(await running.reached("load", switchPhases), "load");
      await up(sandbox, "gaming");
      const { code, stderr } = await running.ended;
      assert.equal(code, exitCodes.locked, stderr);
      assert.match(stderr, /^Interrupted by pulumi up -s gaming on /m);
      await nothingRuns();
      await isWholly(sandbox, "gaming");
    });

    it("of a plain pulumi up while it loads, by gpu-mode; the same up goes on later", async () => {
      const plain = tryUp(sandbox, "r1");
      await loads("r1");
      const { stdout } = await gpuModeEnds(sandbox, 0, "gaming");
      assert.match(stdout, /^Interrupting pulumi up -s r1 on \S+ \(process \d+\) since /m);
      const { code, output } = await plain;
      assert.notEqual(code, 0, output);
      assert.match(output, /Interrupted by gpu-mode gaming on \S+ \(process \d+\), which frees the GPU\./);
      await nothingRuns();
      await isWholly(sandbox, "gaming");
      await sandbox.setScenario(healthy);
      await up(sandbox, "r1");
      await isWholly(sandbox, "r1");
    });

    it("after which gpu-mode ml goes on, too", async () => {
      await gpuModeEnds(sandbox, 0, "ml");
      await isWholly(sandbox, "ml");
    });
  });

  describe("against a holder of the Lease", () => {
    const readLease = (): Promise<string> =>
      kubectlOn(sandbox, ["get", "lease/vllm-platform", "-n", "default", "-o", "json"]);

    it("that renews it and never stops", async () => {
      let renewing = true;
      const holder = (async () => {
        for (let count = 0; renewing; count += 1) {
          const spec = {
            holderIdentity: "gpu-mode r1 of an older version",
            acquireTime: "2026-01-01T00:00:00.000000Z",
            renewTime: `2026-01-01T00:00:${String(count % 60).padStart(2, "0")}.000000Z`,
          };
          const lease = await readLease();
          const held = JSON.parse(lease) as {
            metadata: { resourceVersion: string };
            spec: { holderIdentity: string };
          };
          if (count > 0 && held.spec.holderIdentity !== spec.holderIdentity) return;
          // As a holder does: it writes into the Lease that it has read, and into no other.
          const { resourceVersion } = held.metadata;
          const written = await kubectlOn(sandbox, [
            ...["patch", "lease/vllm-platform", "-n", "default", "--type=merge"],
            ...["-p", JSON.stringify({ metadata: { resourceVersion }, spec })],
          ]).catch((error: Error) => error);
          if (written instanceof Error && count > 0) return;
          await new Promise((wake) => setTimeout(wake, 1000));
        }
      })();
      try {
        await eventually(10, async () => {
          const lease = await readLease();
          return lease.includes("an older version") ? true : undefined;
        });
        const { stdout } = await gpuModeEnds(sandbox, 0, "gaming");
        assert.match(
          stdout,
          /^gpu-mode r1 of an older version since \S+ has not stopped within 10 s: its Lease is taken from it\.$/m,
        );
        await isWholly(sandbox, "gaming");
      } finally {
        renewing = false;
        await holder;
      }
    });
  });

  describe("against somebody who scales the server up", () => {
    const scaleUp = (): Promise<void> =>
      patched(
        sandbox,
        { resource: "deployments", name: "vllm-server/scale", namespace: "ml" },
        { manager: "night-scaler", operations: [{ op: "replace", path: "/spec/replicas", value: 1 }] },
      );

    it("again and again: it fails and names who does it, and the autoscaler that is set on it", async () => {
      await beginWith(sandbox, "ml");
      await kubectlOn(sandbox, [
        "autoscale",
        "deployment/vllm-server",
        "-n",
        "ml",
        "--name=nightly",
        "--max=1",
      ]);
      let scaling = true;
      const scaler = (async () => {
        while (scaling) await scaleUp();
      })();
      const { code, stderr } = await gpuMode(sandbox, "gaming");
      scaling = false;
      await scaler;
      assert.equal(code, exitCodes.failed, stderr);
      assert.match(
        stderr,
        /Deployment vllm-server was set to 0 replicas, and night-scaler has scaled it to 1 again; HorizontalPodAutoscaler\/nightly is set on it, also after it was put back: stop that first/,
      );
      const { disagreements } = await gpuModeJson<{ disagreements: string[] }>(sandbox, "status");
      assert.match(disagreements.join("\n"), /run gpu-mode gaming/);
      await kubectlOn(sandbox, ["delete", "hpa/nightly", "-n", "ml"]);
    });

    it("once: it is put back", async () => {
      // The mode has the GPU on paper, and the one before has left a server.
      await sandbox.setScenario({ ...healthy, stopSeconds: 6 });
      const running = startGpuMode(sandbox, ["gaming"]);
      await eventually(20, async () => {
        const deployment = await objectOf(sandbox, "deployments", "vllm-server");
        return deployment?.spec?.replicas === 0 ? true : undefined;
      });
      await scaleUp();
      assert.equal(running.child.exitCode, null, "it has ended before the server was scaled up");
      const { code, stdout, stderr } = await running.ended;
      assert.equal(code, 0, stdout + stderr);
      await sandbox.setScenario(healthy);
      await isWholly(sandbox, "gaming");
    });
  });
});
