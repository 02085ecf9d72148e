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
    const edit = async (...edits: string[][]): Promise<void> => {
      for (const one of edits) await kubectlOn(sandbox, [...one, "-n", "ml"]);
    };
    const variable = ["set", "env", "deployment/vllm-server", "FOO=bar"];

    it("a preview names what goes, and up puts it right: edits of every kind, and a claim that is half-written", async () => {
      await edit(
        ["scale", "deployment/vllm-server", "--replicas=0"],
        ["set", "image", "deployment/vllm-server", "vllm=vllm/vllm-openai:v0.0.1"],
        variable,
        ["rollout", "pause", "deployment/vllm-server"],
        ["label", "service/vllm-api", "their=label"],
        ["label", "deployment/vllm-server", "gpu-mode=r1", "--overwrite"],
        ["patch", "configmap/gpu-mode", "--type=json", '-p=[{"op":"remove","path":"/data/stack"}]'],
      );
      const output = await pulumiSucceeds(sandbox, ["preview", "-s", "ml"]);
      assert.match(output, /Deployment\/vllm-server was changed by hand \(kubectl-.*/);
      for (const goes of [
        "spec\\.template\\.spec\\.containers\\[vllm\\]\\.env\\[FOO\\]",
        "spec\\.paused",
        "metadata\\.labels\\.their",
      ]) {
        assert.match(output, new RegExp(` goes: .*${goes}`));
      }
      await up(sandbox, "ml");
      await isWhole(sandbox, "ml");
    });

    it("the same edit once more is a change once more, and a claim that is deleted is made anew", async () => {
      await edit(variable, ["delete", "configmap/gpu-mode"]);
      await up(sandbox, "ml");
      await isWhole(sandbox, "ml");
    });

    it("a Deployment that is deleted is made anew", async () => {
      await edit(["delete", "deployment/vllm-server"]);
      await up(sandbox, "ml");
      await isWhole(sandbox, "ml");
    });

    it("a claim that is forged is told, and put right", async () => {
      const forged = JSON.stringify({ data: { mode: "r1", stack: "r1" } });
      await edit(["patch", "configmap/gpu-mode", "--type=merge", "-p", forged]);
      const output = await pulumiSucceeds(sandbox, ["preview", "-s", "ml"]);
      assert.match(
        output,
        /warning: ConfigMap gpu-mode cannot be believed: it says mode r1, switch \d+, and the Deployment mode ml/,
      );
      await up(sandbox, "ml");
      await isWhole(sandbox, "ml");
    });

    it("then shows no difference", () => nothingDiffers(sandbox, "ml"));
  });

  describe("from a second clone", () => {
    let clone: SecondClone;
    before(async () => {
      clone = await secondClone(sandbox);
    });
    after(() => clone.remove());

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
      for (const next of ["ml", "r1"] as const) {
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
      }
      await upChangesNothing(sandbox, "r1");
    });
  });
});
