// Does NOT prove anything of a cluster far away or slow, nor of gpu-mode: plain pulumi on loopback, simulated node and server.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import type { Sandbox } from "../../sandbox/index.ts";
import type { Mode } from "../support/expected-objects.ts";
import { pulumiOn, pulumiSucceeds, up } from "../support/pulumi.ts";
import { eventually, freshSandbox, kubectlOn, silentProgress } from "../support/sandbox.ts";
import { type SecondClone, secondClone } from "../support/second-clone.ts";
import { claimOf, isWhole, nothingDiffers, objectsOf, platformObjects } from "../support/whole-mode.ts";

describe("the ownership of the GPU", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;
  const healthy = { name: "healthy", loadSeconds: 0.2, stopSeconds: 0.2 } as const;

  before(async () => {
    sandbox = await freshSandbox();
    await sandbox.start({ progress: silentProgress });
    await sandbox.setScenario(healthy);
  });

  after(() => sandbox.remove());

  /** Identity and version of every object, which together say that nothing was touched. */
  async function versions(): Promise<string[]> {
    const ml = (await platformObjects(sandbox)).map(
      ({ kind, metadata }) => `${kind}/${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`,
    );
    return ml.sort();
  }

  // Every ordered pair of the four modes once.
  const walk = [
    "ml",
    "r1",
    "ml",
    "gaming",
    "ml",
    "coder",
    "r1",
    "gaming",
    "r1",
    "coder",
    "gaming",
    "coder",
    "ml",
  ] as const;

  it("is said to be nobody's before the first up, and a preview claims nothing", async () => {
    const output = await pulumiSucceeds(sandbox, ["preview", "-s", "ml"]);
    assert.match(
      output,
      /No mode has the GPU yet; this gives it to mode ml \(Qwen\/Qwen2\.5-7B-Instruct-AWQ\)\./,
    );
    await assert.rejects(kubectlOn(sandbox, ["get", "namespace", "ml"]));
  });

  for (const [step, mode] of walk.entries()) {
    const from = walk[step - 1];
    it(`goes from ${from ?? "nobody"} to ${mode} by a plain up`, async () => {
      await up(sandbox, mode);
      await isWhole(sandbox, mode);
      assert.equal((await claimOf(sandbox)).switch, String(step + 1));
    });
    if (walk.lastIndexOf(mode) === step) {
      it(`shows no difference in mode ${mode} after the modes in between`, () =>
        nothingDiffers(sandbox, mode));
    }
  }

  it("is said to be switched, from what to what, in the first lines of a standby stack's preview", async () => {
    const { since } = await claimOf(sandbox);
    const output = await pulumiSucceeds(sandbox, ["preview", "-s", "r1"]);
    const sentence = `This is a switch: from mode ml (Qwen/Qwen2.5-7B-Instruct-AWQ), active since ${since}, to mode r1 (casperhansen/deepseek-r1-distill-qwen-7b-awq).`;
    const place = output.indexOf(sentence);
    assert.ok(place >= 0, output);
    // Before the first resource that the program changes; what refresh reads comes before the program.
    assert.ok(place < output.indexOf("vllm-claim update"), output);
    await isWhole(sandbox, "ml");
  });

  it("shows no difference after the pod was deleted and the rollout restarted by hand", async () => {
    await kubectlOn(sandbox, ["delete", "pods", "-n", "ml", "-l", "app=vllm-server", "--wait"]);
    await eventually(30, () => isWhole(sandbox, "ml").then(() => true));
    await nothingDiffers(sandbox, "ml");
  });

  describe("after the hands of others", () => {
    const edits: [string, string[]][] = [
      ["scaled", ["scale", "deployment/vllm-server", "--replicas=0"]],
      ["another image", ["set", "image", "deployment/vllm-server", "vllm=vllm/vllm-openai:v0.0.1"]],
      ["one more variable", ["set", "env", "deployment/vllm-server", "FOO=bar"]],
      ["a pause", ["rollout", "pause", "deployment/vllm-server"]],
      ["a label", ["label", "service/vllm-api", "their=label"]],
      ["the mode's label", ["label", "deployment/vllm-server", "gpu-mode=r1", "--overwrite"]],
      ["the claim deleted", ["delete", "configmap/gpu-mode"]],
      [
        "the claim half-written",
        ["patch", "configmap/gpu-mode", "--type=json", '-p=[{"op":"remove","path":"/data/stack"}]'],
      ],
      [
        "the claim forged",
        ["patch", "configmap/gpu-mode", "--type=merge", '-p={"data":{"mode":"r1","stack":"r1"}}'],
      ],
      ["the Deployment deleted", ["delete", "deployment/vllm-server"]],
    ];
    for (const [name, edit] of edits) {
      it(`up puts right: ${name}`, async () => {
        await kubectlOn(sandbox, [...edit, "-n", "ml"]);
        await up(sandbox, "ml");
        await isWhole(sandbox, "ml");
      });
    }

    it("then shows no difference", () => nothingDiffers(sandbox, "ml"));

    it("a preview names what goes", async () => {
      await kubectlOn(sandbox, ["set", "env", "deployment/vllm-server", "-n", "ml", "FOO=bar"]);
      const output = await pulumiSucceeds(sandbox, ["preview", "-s", "ml"]);
      assert.match(
        output,
        /Deployment\/vllm-server was changed by hand \(kubectl-set\).* goes: spec\.template\.spec\.containers\[vllm\]\.env\[FOO\]/,
      );
      await up(sandbox, "ml");
      await isWhole(sandbox, "ml");
      // The same edit once more is a change once more.
      await kubectlOn(sandbox, ["set", "env", "deployment/vllm-server", "-n", "ml", "FOO=bar"]);
      await up(sandbox, "ml");
      await isWhole(sandbox, "ml");
    });

    it("a claim that cannot be believed is told", async () => {
      await kubectlOn(sandbox, [
        "patch",
        "configmap/gpu-mode",
        "-n",
        "ml",
        "--type=merge",
        '-p={"data":{"mode":"r1","stack":"r1"}}',
      ]);
      const output = await pulumiSucceeds(sandbox, ["preview", "-s", "ml"]);
      assert.match(
        output,
        /warning: ConfigMap gpu-mode cannot be believed: it says mode r1, switch \d+, and the Deployment mode ml/,
      );
      await up(sandbox, "ml");
    });
  });

  describe("with lost state and from a second clone", () => {
    let clone: SecondClone;
    before(async () => {
      clone = await secondClone(sandbox);
    });
    after(() => clone.remove());

    it("is found again where the state is lost", async () => {
      await pulumiSucceeds(sandbox, ["stack", "rm", "--force", "--yes", "--preserve-config", "ml"]);
      await isWhole(sandbox, "ml");
      await pulumiSucceeds(sandbox, ["stack", "init", "ml", "--no-select"]);
      await up(sandbox, "ml");
      await isWhole(sandbox, "ml");
      await nothingDiffers(sandbox, "ml");
    });

    it("shows no difference from another commit with the same plan, but for the other clone's own state", async () => {
      const claim = await claimOf(sandbox);
      await clone.commit("2099-01-01T00:00:00Z");
      await up(clone.sandbox, "ml");
      assert.deepEqual(await claimOf(sandbox), claim);
      await nothingDiffers(clone.sandbox, "ml");
      await nothingDiffers(sandbox, "ml");
    });

    it("is taken over from a second clone; this one is told that its files are older", async () => {
      await up(clone.sandbox, "r1");
      await isWhole(sandbox, "r1");
      const output = await pulumiSucceeds(sandbox, ["preview", "-s", "ml"]);
      assert.match(
        output,
        /warning: The active mode was declared from commit [0-9a-f]{12} of 2099-01-01T00:00:00\.000Z, which is newer than this clone's/,
      );
      await up(sandbox, "ml");
      await isWhole(sandbox, "ml");
      assert.doesNotMatch(await pulumiSucceeds(clone.sandbox, ["preview", "-s", "r1"]), /which is newer/);
    });
  });

  describe("interrupted", () => {
    it("by kill -9 in the midst of a switch, each stack can go on", async () => {
      for (const next of ["r1", "ml"] as const) {
        await up(sandbox, "ml");
        const before = (await claimOf(sandbox)).switch;
        const child = execFile("pulumi", ["up", "--yes", "--skip-preview", "-s", "r1", "--non-interactive"], {
          env: sandbox.environment(),
        });
        const ended = once(child, "close");
        await eventually(60, async () => ((await claimOf(sandbox)).switch !== before ? true : undefined));
        child.kill("SIGKILL");
        await ended;
        await sandbox.start({ progress: silentProgress }); // clears the lock that plain pulumi would ask to cancel
        await up(sandbox, next);
        await isWhole(sandbox, next);
        await nothingDiffers(sandbox, next);
      }
    });
  });

  describe("a standby stack", () => {
    async function isRefused(mode: Mode, ...options: string[]): Promise<string> {
      const before = await versions();
      const { code, output } = await pulumiOn(sandbox, [
        "destroy",
        "--yes",
        "--skip-preview",
        "-s",
        mode,
        ...options,
      ]);
      assert.notEqual(code, 0, output);
      assert.deepEqual(await versions(), before, output);
      return output;
    }

    it("is not destroyed, and says who is active and how to forget it", async () => {
      const output = await isRefused("r1");
      assert.match(output, /Stack r1 is a standby stack: the claim says that ml has the GPU/);
      assert.match(output, /gpu-mode forget r1 \(or: pulumi stack rm --force --preserve-config r1\)/);
    });

    for (const options of [["--continue-on-error"], ["--remove"], ["--refresh=false"]]) {
      it(`is not destroyed with ${options.join(" ")}`, async () => {
        await up(sandbox, "r1");
        await up(sandbox, "ml");
        await isRefused("r1", ...options);
      });
    }

    it("is not destroyed by --target, with and without its dependents", async () => {
      const state = JSON.parse(await pulumiSucceeds(sandbox, ["stack", "export", "-s", "r1"])) as {
        deployment: { resources: { urn: string }[] };
      };
      const urn = state.deployment.resources.find(({ urn }) => urn.includes("apps/v1:Deployment"))?.urn;
      assert.ok(urn);
      await isRefused("r1", "--target", urn);
      await isRefused("r1", "--target", urn, "--target-dependents");
    });

    it("is not destroyed while the claim is missing: the Deployment says who is active", async () => {
      await kubectlOn(sandbox, ["delete", "configmap/gpu-mode", "-n", "ml"]);
      assert.match(await isRefused("r1"), /its Deployment says that ml has the GPU/);
      await up(sandbox, "ml");
    });

    it("is not destroyed where its first up never got ready", async () => {
      await sandbox.setScenario({ name: "image-missing", stopSeconds: 0.2 });
      const { code, output } = await pulumiOn(sandbox, ["up", "--yes", "--skip-preview", "-s", "coder"]);
      assert.notEqual(code, 0);
      assert.match(output, /The mode is declared but not served/);
      await sandbox.setScenario(healthy);
      await up(sandbox, "ml");
      await isRefused("coder");
      await isWhole(sandbox, "ml");
    });

    it("is not destroyed while the cluster does not answer", async () => {
      const before = await versions();
      const nowhere = {
        ...sandbox,
        environment: () => ({ ...sandbox.environment(), VLLM_PLATFORM_KUBECONFIG: "/nonexistent" }),
      };
      const { code, output } = await pulumiOn(nowhere, [
        "destroy",
        "--yes",
        "--skip-preview",
        "--refresh=false",
        "-s",
        "r1",
      ]);
      assert.notEqual(code, 0);
      assert.match(output, /Stack r1 was not destroyed: [\s\S]*gpu-mode forget r1/);
      assert.deepEqual(await versions(), before);
    });

    it("is forgotten without a change in the cluster", async () => {
      const before = await versions();
      await pulumiSucceeds(sandbox, ["stack", "rm", "--force", "--yes", "--preserve-config", "r1"]);
      await pulumiSucceeds(sandbox, ["stack", "init", "r1", "--no-select"]);
      assert.deepEqual(await versions(), before);
    });

    it("leaves the active one its destroy, which names what stays", async () => {
      const output = await pulumiSucceeds(sandbox, ["destroy", "--yes", "--skip-preview", "-s", "ml"]);
      assert.match(output, /This stays[\s\S]*Namespace ml[\s\S]*vllm-model-cache[\s\S]*vllm-api-key/);
      assert.deepEqual(await platformObjects(sandbox), []);
    });
  });

  describe("wanted by two ups at once", () => {
    for (const round of [1, 2, 3]) {
      it(`ends in one whole mode, and the other is refused or comes after it (${round})`, async () => {
        const results = await Promise.all(
          (["ml", "r1"] as const).map(async (mode) => ({
            mode,
            ...(await pulumiOn(sandbox, ["up", "--yes", "--skip-preview", "-s", mode])),
          })),
        );
        const done = results.filter(({ code }) => code === 0);
        for (const { code, output } of results) {
          if (code !== 0) assert.match(output, /Another update is under way; nothing was changed\./);
        }
        assert.ok(done.length > 0, results.map(({ output }) => output).join("\n"));
        const { mode } = await claimOf(sandbox);
        assert.ok(done.some((one) => one.mode === mode));
        await isWhole(sandbox, mode as Mode);
        await nothingDiffers(sandbox, mode as Mode);
      });
    }
  });

  it("asked of a cluster that does not answer: a preview warns, an up refuses in words", async () => {
    const clone = await secondClone(sandbox);
    try {
      const file = `${clone.folder}/nowhere.yaml`;
      await promisify(execFile)("sh", [
        "-c",
        `sed 's#server: .*#server: https://127.0.0.1:1#' "$1" > "$2"`,
        "sh",
        sandbox.kubeconfig,
        file,
      ]);
      const nowhere = {
        ...clone.sandbox,
        environment: () => ({ ...clone.sandbox.environment(), VLLM_PLATFORM_KUBECONFIG: file }),
      };
      const preview = await pulumiOn(nowhere, ["preview", "-s", "ml"]);
      assert.equal(preview.code, 0, preview.output);
      assert.match(preview.output, /warning: https:\/\/127\.0\.0\.1:1 does not answer: connect ECONNREFUSED/);
      const refused = await pulumiOn(nowhere, ["up", "--yes", "--skip-preview", "-s", "ml"]);
      assert.notEqual(refused.code, 0);
      assert.match(refused.output, /The cluster cannot be reached; nothing was changed\./);
      assert.doesNotMatch(refused.output, /^\s+at /m);
    } finally {
      await clone.remove();
    }
    assert.equal((await objectsOf(sandbox, "deployments")).length, 1);
  });
});
