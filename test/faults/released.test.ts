// Does NOT prove how long a real driver takes to give memory back; the node's tools are scripted, its SSH server is OpenSSH's.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { switchPhases } from "../../operations/switch/phases.ts";
import { nodeSettings } from "../support/checked-node.ts";
import { configure } from "../support/configure.ts";
import { gpuModeEnds, gpuModeJson, isWholly, startGpuMode } from "../support/gpu-mode.ts";
import { idleCard, smiScript } from "../support/node-outputs.ts";
import { startedSandbox } from "../support/sandbox.ts";
import { healthyNode } from "../support/scripted-node.ts";
import { SshServer } from "../support/ssh-server.ts";

const busyCard = { ...idleCard, usedMiB: 8754, computing: [[1403, "python3", 8750]] } as const;

describe("gpu-mode gaming, where the node knows of a card that is still in use", function () {
  this.timeout(120_000);
  let sandbox: Sandbox;
  let server: SshServer;

  before(async function () {
    server = await SshServer.startOrSkip(this);
    sandbox = await startedSandbox();
    await gpuModeEnds(sandbox, 0, "ml");
    const keyFile = join(server.folder, "key");
    await writeFile(keyFile, server.userKeys.private, { mode: 0o600 });
    configure(sandbox, "gaming", { gpuNode: nodeSettings(server, "gaming", { keyFile }) });
  });

  after(() => Promise.all([sandbox?.remove(), server?.remove()]));

  it("says released once the card is free, not when the pod is gone", async () => {
    await healthyNode(server, busyCard);
    const running = startGpuMode(sandbox, ["gaming"]);
    assert.equal(await running.reached("apply", switchPhases), "apply");
    // The pod needs 0.2 s; all else of the switch is over by then.
    await sleep(4000);
    assert.equal(running.child.exitCode, null, "it has ended before the card was free");
    await server.tool("nvidia-smi", smiScript(idleCard));
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 0, stdout + stderr);
    assert.match(
      stdout,
      /Mode gaming: released, no pod is left on the GPU, and 3 MiB of its memory are in use, after/,
    );
    await isWholly(sandbox, "gaming");
    const status = await gpuModeEnds(sandbox, 0, "status");
    assert.match(status.stdout, /^GPU memory +3 of 12288 MiB in use$/m);
  });

  it("names what stays on it, and is done", async () => {
    await gpuModeEnds(sandbox, 0, "ml");
    await healthyNode(server, busyCard);
    const { state, detail } = await gpuModeJson<{ state: string; detail: string }>(sandbox, "gaming");
    assert.equal(state, "warning");
    assert.match(detail, /python3 \(process 1403, 8750 MiB\) still computes on the card$/);
    await isWholly(sandbox, "gaming");
  });

  it("says why the node could not be asked, and is done", async () => {
    await gpuModeEnds(sandbox, 0, "ml");
    await server.stop();
    const { stdout } = await gpuModeEnds(sandbox, 0, "gaming");
    assert.match(stdout, /Mode gaming, warning: no pod is left on the GPU, but .*127\.0\.0\.1.*refuse/);
    await isWholly(sandbox, "gaming");
  });
});
