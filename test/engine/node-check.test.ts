// Does NOT prove that a real node answers like the scripted one, nor what NVIDIA's tools print in fact; its faults and those of
// the way to it are brought about one by one in test/faults.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { exitCodes } from "../../cli/exit-codes.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { isRefused, keyLine, nodeSettings, setKey } from "../support/checked-node.ts";
import { configure } from "../support/configure.ts";
import { gpuModeEnds } from "../support/gpu-mode.ts";
import { idleCard, smiFailures, smiScript } from "../support/node-outputs.ts";
import { pulumiSucceeds, up, upChangesNothing } from "../support/pulumi.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { healthyNode, prints } from "../support/scripted-node.ts";
import { SshServer } from "../support/ssh-server.ts";
import { claimOf, versionsOf } from "../support/whole-mode.ts";

describe("the check of the GPU node in the engine", function () {
  this.timeout(180_000);
  let sandbox: Sandbox;
  let server: SshServer;

  before(async function () {
    server = await SshServer.startOrSkip(this);
    await healthyNode(server);
    sandbox = await startedSandbox();
    await up(sandbox, "ml");
  });

  after(() => Promise.all([sandbox?.remove(), server?.remove()]));

  async function outputOf(mode: string, name: string): Promise<string> {
    return (await pulumiSucceeds(sandbox, ["stack", "output", name, "-s", mode])).trim();
  }

  it("goes by what the cluster knows where no SSH is set, and says so in the outputs", async () => {
    assert.match(
      await outputOf("ml", "node"),
      /^k3s-gpu-worker, by what the cluster knows: 6 ok, 1 warning \(image\)$/,
    );
  });

  describe("by SSH, before a switch", () => {
    before(async () => {
      configure(sandbox, "r1", { gpuNode: nodeSettings(server, "r1") });
      await setKey(sandbox, server, "r1");
    });

    it("ends gpu-mode as refused, with the reason; --force declares the mode, and says so", async () => {
      await server.tool("nvidia-smi", prints(smiFailures.mismatch.text, smiFailures.mismatch.status));
      const before = await versionsOf(sandbox);
      const { stderr } = await gpuModeEnds(sandbox, exitCodes.refused, "r1");
      assert.match(
        stderr,
        /^The GPU node cannot serve mode r1; nothing was changed:\n {2}NVIDIA driver: an upgrade is half done: .*\nRun the same command again once that is fixed\. To declare the mode all the same: gpu-mode r1 --force/m,
      );
      assert.deepEqual(await versionsOf(sandbox), before);
      const forced = await gpuModeEnds(sandbox, 0, "r1", "--force");
      assert.match(
        forced.stdout,
        /GPU node, warning: declared all the same: NVIDIA driver: an upgrade is half done/,
      );
      assert.equal((await claimOf(sandbox)).mode, "r1");
      await up(sandbox, "ml");
      await healthyNode(server);
    });

    it("lets the very same command pass once all is fixed, and shows its verdict in the outputs", async () => {
      assert.equal((await claimOf(sandbox)).mode, "ml");
      await up(sandbox, "r1");
      assert.equal((await claimOf(sandbox)).mode, "r1");
      assert.match(await outputOf("r1", "node"), /^k3s-gpu-worker, by SSH: \d+ ok, 1 warning \(image\)$/);
      await upChangesNothing(sandbox, "r1");
    });

    it("leaves the key nowhere in the sandbox in the clear: neither in state nor in logs", async () => {
      const exported = await pulumiSucceeds(sandbox, ["stack", "export", "-s", "r1"]);
      assert.match(exported, /vllm-node-check/);
      assert.doesNotMatch(exported, new RegExp(keyLine(server).slice(0, 40).replace(/[+/]/g, "\\$&")));
      assert.deepEqual(filesWith(sandbox.dir, keyLine(server)), []);
    });
  });

  describe("with its mode active", () => {
    it("asks again when the server changes, and not when something else does", async () => {
      await server.tool("nvidia-smi", prints(smiFailures.noDriver.text, smiFailures.noDriver.status));
      configure(sandbox, "r1", { access: { namespaces: ["apps"] } });
      await up(sandbox, "r1");
      configure(sandbox, "r1", { maxModelLen: 4096 });
      await isRefused(sandbox, "r1", [
        /NVIDIA driver: the card is there, and the driver's kernel module is not loaded/,
      ]);
      const holder = ["get", "lease", "vllm-platform", "-n", "default", "-o=jsonpath={.spec.holderIdentity}"];
      assert.equal(await kubectlOn(sandbox, holder), "", "the Lease is given back");
      await healthyNode(server);
      await up(sandbox, "r1");
    });

    it("warns of a desktop that takes its share, and goes on", async () => {
      const card = { ...idleCard, usedMiB: 1203, drawing: [[1403, "/usr/lib/xorg/Xorg", 1200]] as const };
      await server.tool("nvidia-smi", smiScript(card));
      configure(sandbox, "r1", { maxModelLen: 4080 });
      await up(sandbox, "r1");
      assert.match(await outputOf("r1", "node"), /2 warnings \(image, memory\)$/);
      await healthyNode(server);
    });

    it("only warns of a node that is off; a switch to a mode that serves is refused, gaming is not", async () => {
      await sandbox.setGpuNodePower("off");
      configure(sandbox, "r1", { maxModelLen: 4064 });
      const output = await up(sandbox, "r1");
      assert.match(await outputOf("r1", "node"), /^k3s-gpu-worker, by SSH: 1 warning \(GPU node\)$/);
      assert.match(output, /warning: GPU node k3s-gpu-worker is off/);
      await isRefused(sandbox, "ml", [
        /GPU node: k3s-gpu-worker is off, or its kubelet does not report\. Switch it on/,
      ]);
      await server.stop();
      await up(sandbox, "gaming");
      await upChangesNothing(sandbox, "gaming");
    });
  });
});

/** Files below a folder that hold the text. */
function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesWith(path, text);
    return entry.isFile() && readFileSync(path).includes(text) ? [path] : [];
  });
}
