// Does NOT prove anything of a cluster far away or slow, nor of gpu-mode: plain pulumi on loopback, simulated node and server.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { nothingDiffers, pulumiOn, pulumiSucceeds, tryUp, up, upChangesNothing } from "../support/pulumi.ts";
import { eventually, kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { secondClone } from "../support/second-clone.ts";
import { claimOf, isWhole, objectsOf } from "../support/whole-mode.ts";

describe("the ownership of the GPU", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox();
  });

  after(() => sandbox?.remove());

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
    assert.match(
      output,
      /\d+ objects are in the cluster already, .* Changed: Deployment\/vllm-server \(.*containers\[vllm\]\.args/,
    );
    await isWhole(sandbox, "ml");
  });

  it("shows no difference after the pod was deleted and the rollout restarted by hand", async () => {
    await kubectlOn(sandbox, ["delete", "pods", "-n", "ml", "-l", "app=vllm-server", "--wait"]);
    await eventually(30, () => isWhole(sandbox, "ml").then(() => true));
    await upChangesNothing(sandbox, "ml");
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
      const refused = await tryUp(nowhere, "ml");
      assert.notEqual(refused.code, 0);
      assert.match(refused.output, /The cluster cannot be reached; nothing was changed\./);
      assert.doesNotMatch(refused.output, /^\s+at /m);
    } finally {
      await clone.remove();
    }
    assert.equal((await objectsOf(sandbox, ["deployments"])).length, 1);
  });
});
