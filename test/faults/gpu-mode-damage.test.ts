// Does NOT prove what a real node or a broken disk does; states of the cluster and of Pulumi's files are brought about.
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { exitCodes } from "../../cli/exit-codes.ts";
import { openApi } from "../../cluster/api/index.ts";
import { promisedBy } from "../../cluster/readiness/goal.ts";
import { waitUntilServed } from "../../cluster/readiness/wait.ts";
import { sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import { endProcesses } from "../../lab/sandbox/base/processes.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { switchPhases } from "../../operations/switch/phases.ts";
import { planFromFiles } from "../../stacks/index.ts";
import type { Mode } from "../support/expected-objects.ts";
import { gpuModeEnds, gpuModeJson, isWholly, startGpuMode } from "../support/gpu-mode.ts";
import { pulumiSucceeds } from "../support/pulumi.ts";
import { kubectlOn, silentProgress, startedSandbox } from "../support/sandbox.ts";
import { claimOf } from "../support/whole-mode.ts";

const healthy = { name: "healthy", loadSeconds: 0.5, stopSeconds: 0.5 } as const;

describe("gpu-mode after damage", function () {
  this.timeout(240_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox(healthy);
    await gpuModeEnds(sandbox, 0, "ml");
  });

  after(() => sandbox?.remove());

  const disagreements = async (): Promise<string[]> =>
    (await gpuModeJson<{ disagreements: string[] }>(sandbox, "status")).disagreements;

  /** The next command works, whether it is the same mode's or another's. */
  async function heals(mode: Mode): Promise<void> {
    await gpuModeEnds(sandbox, 0, mode);
    await isWholly(sandbox, mode);
  }

  const claim = (change: object): Promise<string> =>
    kubectlOn(sandbox, [
      "patch",
      "configmap/gpu-mode",
      "-n",
      "ml",
      "--type=merge",
      "-p",
      JSON.stringify({ data: change }),
    ]);

  describe("to the claim", () => {
    afterEach(async () => assert.deepEqual(await disagreements(), []));

    it("deleted: the Deployment tells the mode, and the same command makes it anew", async () => {
      await kubectlOn(sandbox, ["delete", "configmap/gpu-mode", "-n", "ml"]);
      assert.match((await disagreements()).join("\n"), /no claim that can be believed: run gpu-mode ml/);
      await heals("ml");
    });

    it("forged: another mode, a number of nonsense, a number of long ago, half of it gone", async () => {
      const written = await claimOf(sandbox);
      for (const forged of [
        { mode: "coder", stack: "coder" },
        { switch: "1" },
        { planHash: null },
        { switch: "many" },
      ]) {
        await claim({ ...written, ...forged });
        assert.match((await disagreements()).join("\n"), /ConfigMap gpu-mode cannot be believed/);
      }
      await heals("r1");
      await claim({ mode: "coder", stack: "coder" });
      await heals("r1");
    });

    it("ahead: a switch that was cut short is said, and completed by it and by the one that it leaves", async () => {
      for (const [ahead, next] of [
        ["ml", "ml"],
        ["coder", "ml"],
      ] as const) {
        const number = Number((await claimOf(sandbox)).switch) + 1;
        await claim({ mode: ahead, stack: ahead, switch: String(number) });
        assert.ok(
          (await disagreements()).includes(`A switch to ${ahead} was cut short: run gpu-mode ${ahead}.`),
        );
        await heals(next);
      }
    });
  });

  describe("to objects", () => {
    it("deleted: the Deployment and the Service", async () => {
      await kubectlOn(sandbox, ["delete", "deployment/vllm-server", "service/vllm-api", "-n", "ml"]);
      assert.match((await disagreements()).join("\n"), /cut short: run gpu-mode ml/);
      await heals("ml");
      await kubectlOn(sandbox, ["delete", "configmap/gpu-mode", "deployment/vllm-server", "-n", "ml"]);
      await heals("r1");
    });

    it("scaled up by hand in a mode that does not serve: put right by the same mode", async () => {
      await gpuModeEnds(sandbox, 0, "gaming");
      await kubectlOn(sandbox, ["scale", "deployment/vllm-server", "-n", "ml", "--replicas=1"]);
      assert.match(
        (await disagreements()).join("\n"),
        /has 1 replicas, and mode gaming has 0: run gpu-mode gaming/,
      );
      await heals("gaming");
    });
  });

  describe("to Pulumi's state", () => {
    const stackFiles = (mode: Mode): string[] => {
      const folder = join(sandboxPaths(sandbox.dir).state, ".pulumi", "stacks", "vllm-platform");
      return readdirSync(folder)
        .filter((name) => name.startsWith(`${mode}.json`))
        .map((name) => join(folder, name));
    };

    it("deleted: the stack is made anew and takes over what is there", async () => {
      for (const file of stackFiles("gaming")) rmSync(file);
      await heals("gaming");
    });

    it("cut off beside it: the next command makes it readable, and says so", async () => {
      for (const file of stackFiles("ml").filter((name) => name.endsWith(".attrs"))) {
        truncateSync(file, 0);
      }
      const { stdout } = await gpuModeEnds(sandbox, 0, "ml");
      assert.match(stdout, /A pulumi was killed, or the disk was full, while it wrote .*ml\.json/);
      await isWholly(sandbox, "ml");
    });

    it("encrypted with another passphrase: it is refused with the file and the key", async () => {
      // The template's stacks have none. One that has is not asked for it again: pulumi would take an empty one as the next.
      if (
        !/^encryptionsalt: /m.test(
          readFileSync(join(sandboxPaths(sandbox.dir).project, "Pulumi.coder.yaml"), "utf8"),
        )
      ) {
        await pulumiSucceeds(sandbox, ["stack", "change-secrets-provider", "passphrase", "-s", "coder"]);
      }
      const elsewhere = {
        ...sandbox,
        environment: () => ({
          ...sandbox.environment(),
          PULUMI_CONFIG_PASSPHRASE: "another",
          PULUMI_CONFIG_PASSPHRASE_FILE: "",
        }),
      } as Sandbox;
      const { stderr } = await gpuModeEnds(elsewhere, exitCodes.refused, "coder");
      assert.match(
        stderr,
        /^The secrets of stack coder cannot be read, so pulumi has not begun\.\n {2}Pulumi\.coder\.yaml: encryptionsalt: /,
      );
      await isWholly(sandbox, "ml");
    });

    it("truncated: it is said whose file it is, other modes work, and after forgetting it this one does, past a lock that a full disk has left empty", async () => {
      const [file] = stackFiles("r1").filter((name) => name.endsWith("r1.json"));
      assert.ok(file);
      truncateSync(file, 100);
      const { stderr } = await gpuModeEnds(sandbox, exitCodes.failed, "r1");
      assert.match(stderr, /r1\.json|checkpoint|stack/);
      await heals("gaming");
      for (const one of stackFiles("r1")) rmSync(one);
      const locks = join(sandboxPaths(sandbox.dir).state, ".pulumi/locks/organization/vllm-platform/r1");
      const lock = join(locks, "c16cd2b1-9c94-4483-813f-078e54c26767.json.18ebca1b25735b3b.tmp");
      mkdirSync(locks, { recursive: true });
      writeFileSync(lock, "");
      const { stdout } = await gpuModeEnds(sandbox, 0, "r1");
      assert.match(stdout, /the disk was full, while it wrote c16cd2b1-/);
      assert.ok(!existsSync(lock));
      await isWholly(sandbox, "r1");
    });
  });

  describe("where the server cannot come up, ends in seconds with the reason", () => {
    /** Each from the mode that the one before it has left, be it served or not. */
    async function fails(
      { from, to, how = [] }: { from: Mode; to: Mode; how?: string[] },
      pattern: RegExp,
      damage: () => Promise<unknown>,
      fix: () => Promise<unknown>,
    ) {
      await damage();
      try {
        const { stderr } = await gpuModeEnds(sandbox, exitCodes.failed, to, ...how);
        assert.match(stderr, pattern);
        assert.match(stderr, new RegExp(`gpu-mode ${to} tries again, gpu-mode ${from} goes back\\.\n$`));
        assert.equal(stderr.trim().split("\n").length, 1, stderr);
        assert.match((await gpuModeJson<{ pod: string }>(sandbox, "status")).pod, /^failed: /);
      } finally {
        await fix();
      }
    }

    it("a missing image; once it is there, the same mode goes on", async () => {
      await fails(
        { from: "r1", to: "ml" },
        /not served: (ErrImagePull|ImagePullBackOff): .*not found/,
        () => sandbox.setScenario({ name: "image-missing" }),
        () => sandbox.setScenario(healthy),
      );
      await heals("ml");
    });

    it("a context that does not fit, which the engine says far above its last line", () =>
      fails(
        { from: "ml", to: "r1" },
        /^Mode r1 is declared, but not served: the model leaves too little .*; it printed: ValueError: To serve .* Set maxModelLen: 26608, which/,
        () =>
          sandbox.setScenario({
            name: "crash-loop",
            log: [
              "ValueError: To serve at least one request with the models's max seq len (32768), (4.50 GiB KV cache is needed, which is larger than the available KV cache memory (3.66 GiB). Based on the available memory, the estimated maximum model length is 26608. Try increasing `gpu_memory_utilization`.",
              ...[...Array(60).keys()].map((line) => `  File "api_server.py", line ${line}, in run`),
              "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}",
            ],
          }),
        () => sandbox.setScenario(healthy),
      ));

    it("a quota", () =>
      fails(
        { from: "r1", to: "coder" },
        /a ResourceQuota of the namespace forbids the pod/,
        () => kubectlOn(sandbox, ["create", "quota", "tight", "-n", "ml", "--hard=pods=0"]),
        () => kubectlOn(sandbox, ["delete", "quota", "tight", "-n", "ml"]),
      ));

    it("a missing RuntimeClass, which is refused without --force; a mode that frees the GPU is the way back", async () => {
      const runtimeClass = await kubectlOn(sandbox, ["get", "runtimeclass/nvidia", "-o", "json"]);
      const { kind, apiVersion, handler } = JSON.parse(runtimeClass) as Record<string, string>;
      await fails(
        { from: "coder", to: "ml", how: ["--force"] },
        /the cluster has no such RuntimeClass/,
        async () => {
          await kubectlOn(sandbox, ["delete", "runtimeclass/nvidia"]);
          await gpuModeEnds(sandbox, exitCodes.refused, "ml");
        },
        () =>
          kubectlOn(
            sandbox,
            ["apply", "-f", "-"],
            JSON.stringify({ kind, apiVersion, handler, metadata: { name: "nvidia" } }),
          ),
      );
      await heals("gaming");
    });

    it("a server that is never ready, when its time is over", async () => {
      await sandbox.setScenario({ name: "never-ready", stopSeconds: healthy.stopSeconds });
      const running = startGpuMode(sandbox, ["r1"]);
      assert.equal(await running.reached("load", switchPhases), "load");
      const promised = promisedBy(planFromFiles(sandboxPaths(sandbox.dir).project, "r1"));
      const connection = { kubeconfig: sandbox.kubeconfig, context: "kwok-sandbox", identifier: "" };
      const outcome = await waitUntilServed(
        await openApi(connection),
        { promised: { ...promised, budgetSeconds: { ...promised.budgetSeconds, load: 2 } } },
        () => {},
      );
      assert.deepEqual(outcome, {
        state: "failed",
        detail: 'loading the model; that took longer than the 2 s that phase "load" has',
      });
      assert.match(
        (await gpuModeJson<{ pod: string }>(sandbox, "status")).pod,
        /^loading, \d+ s of about \d+$/,
      );
      running.child.kill("SIGINT");
      assert.equal((await running.ended).code, exitCodes.interrupted);
      await gpuModeEnds(sandbox, 0, "gaming");
      await isWholly(sandbox, "gaming");
      await sandbox.setScenario(healthy);
    });
  });

  describe("to the GPU node", () => {
    it("without its GPU or switched off: a serving mode is refused, gaming succeeds all the same", async () => {
      await sandbox.setGpu("gone");
      assert.match(
        (await gpuModeEnds(sandbox, exitCodes.refused, "ml")).stderr,
        /^ +GPUs: GPU node k3s-gpu-worker is on, but has no GPU to give\. Look at NVIDIA's device plugin/m,
      );
      await sandbox.setGpu("present");
      await sandbox.setGpuNodePower("off");
      assert.match((await gpuModeEnds(sandbox, exitCodes.refused, "ml")).stderr, /k3s-gpu-worker is off/);
      const forced = await gpuModeJson<{ state: string; detail: string }>(sandbox, "ml", "--force");
      assert.equal(forced.state, "warning");
      assert.match(forced.detail, /starts when the node is back/);
      assert.match(
        (await gpuModeJson<{ pod: string }>(sandbox, "status")).pod,
        /^waiting: GPU node k3s-gpu-worker is off$/,
      );
      await gpuModeEnds(sandbox, 0, "gaming");
      await gpuModeEnds(sandbox, 0, "ml", "--force");
      await sandbox.setGpuNodePower("on");
      await gpuModeEnds(sandbox, 0, "ml");
      await isWholly(sandbox, "ml");
    });
  });

  describe("to the API server", () => {
    it("stopped in the middle: said as such, and the same command goes on when it is back", async () => {
      await sandbox.setScenario({ name: "healthy", loadSeconds: 6, stopSeconds: 0.5 });
      const running = startGpuMode(sandbox, ["r1"]);
      assert.equal(await running.reached("load", switchPhases), "load");
      await endProcesses(sandboxPaths(sandbox.dir), ["kube-apiserver"]);
      const ended = await running.ended;
      assert.equal(ended.code, exitCodes.unreachable, ended.stdout + ended.stderr);
      assert.match(ended.stderr, /The cluster stopped answering during the switch/);
      const { stdout } = await gpuModeEnds(sandbox, exitCodes.unreachable, "status");
      assert.equal(stdout, "");
      await sandbox.start({ progress: silentProgress });
      await sandbox.setScenario(healthy);
      await sleep(500);
      await heals("r1");
    });
  });
});
