// Does NOT prove anything of a cluster far away or slow, nor of gpu-mode: plain pulumi on loopback, simulated node and server.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { nothingDiffers, pulumiSucceeds, up, upChangesNothing } from "../support/pulumi.ts";
import { eventually, kubectlOn, silentProgress, startedSandbox } from "../support/sandbox.ts";
import { type SecondClone, secondClone } from "../support/second-clone.ts";
import { claimOf, isWhole } from "../support/whole-mode.ts";

describe("the recovery of the GPU's ownership", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox();
    await up(sandbox, "ml");
  });

  after(() => sandbox?.remove());

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
      await upChangesNothing(sandbox, "ml");
    });

    it("shows no difference from another commit with the same plan, but for the other clone's own state", async () => {
      const claim = await claimOf(sandbox);
      await clone.commit("2099-01-01T00:00:00Z");
      await up(clone.sandbox, "ml");
      const { state, ...others } = await claimOf(sandbox);
      assert.notEqual(state, claim.state);
      assert.deepEqual({ ...others, state: claim.state }, claim);
      await upChangesNothing(clone.sandbox, "ml");
      await up(sandbox, "ml");
      assert.deepEqual(await claimOf(sandbox), claim);
      await upChangesNothing(sandbox, "ml");
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
        await upChangesNothing(sandbox, next);
      }
    });
  });
});
