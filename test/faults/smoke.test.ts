// Does NOT prove how a card or a driver fails in fact, nor what a kubelet makes of an init container: test and log are simulated.
import assert from "node:assert/strict";
import type { V1Pod } from "@kubernetes/client-node";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { configure } from "../support/configure.ts";
import { gpuMode, gpuModeEnds, gpuModeJson } from "../support/gpu-mode.ts";
import { tryUp, up, upChangesNothing } from "../support/pulumi.ts";
import { eventually, startedSandbox } from "../support/sandbox.ts";
import { serverPods } from "../support/whole-mode.ts";

describe("a smoke test of CUDA", function () {
  this.timeout(120_000);
  let sandbox: Sandbox;
  const quick = { loadSeconds: 0.2, stopSeconds: 0.2 };

  before(async () => {
    sandbox = await startedSandbox(quick);
    configure(sandbox, "ml", { smokeTest: true });
    await up(sandbox, "ml");
  });

  after(() => sandbox?.remove());

  const pods = async (): Promise<V1Pod[]> => (await serverPods(sandbox)) as unknown as V1Pod[];

  const compatibility =
    "the image forces CUDA's compatibility libraries, which GeForce cards do not support " +
    "(the smoke test of CUDA ended with exit code 1; it printed: RuntimeError: Unexpected error from " +
    "cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already " +
    "set an error? Error 804: forward compatibility was attempted on non supported HW). " +
    "Choose an older image tag or update the driver";

  it("that fails ends the update with what its text is known to mean, and the server is not started", async () => {
    await sandbox.setScenario({ name: "smoke-test-fails", ...quick, runSeconds: 0.3, backOffSeconds: 60 });
    configure(sandbox, "ml", { maxNumSeqs: 8 });
    const { code, output } = await tryUp(sandbox, "ml");
    assert.notEqual(code, 0);
    assert.ok(output.includes(`The mode is declared but not served: ${compatibility}`), output);
    const [pod] = await pods();
    assert.equal(pod?.status?.containerStatuses?.[0]?.state?.waiting?.reason, "PodInitializing");
    const status = await gpuModeJson<{ reached: boolean; pod: string }>(sandbox, "status");
    assert.deepEqual([status.reached, status.pod], [false, `failed: ${compatibility}`]);
  });

  it("is tried anew at once by the next update, which passes when the node is fixed", async () => {
    const [failed] = await pods();
    // The kubelet's own next try is far away.
    await sandbox.setScenario({ name: "healthy", ...quick, backOffSeconds: 3600 });
    assert.match(await up(sandbox, "ml"), /failed before and is made anew/);
    const [made] = await pods();
    assert.notEqual(made?.metadata?.uid, failed?.metadata?.uid);
    await upChangesNothing(sandbox, "ml");
  });

  it("that hangs is told while it does, and ends the switch with a sentence", async () => {
    // It hangs long enough for a status on a slow machine to see it.
    await sandbox.setScenario({ name: "smoke-test-hangs", ...quick, runSeconds: 20, backOffSeconds: 60 });
    configure(sandbox, "ml", { maxNumSeqs: 4 });
    const running = gpuMode(sandbox, "ml");
    await eventually(60, async () => {
      const { stdout } = await gpuMode(sandbox, "status");
      return /^pod +testing CUDA on the GPU$/m.test(stdout) ? true : undefined;
    });
    const { code, stdout, stderr } = await running;
    assert.equal(code, 1, stdout + stderr);
    assert.match(stdout, /^ {2}test: testing CUDA on the GPU …$/m);
    assert.match(
      stderr,
      /CUDA gave no answer within the limit of the smoke test \(the smoke test of CUDA ended with exit code 1; it printed: Timeout \(0:02:00\)!\)\. Look on the node whether nvidia-smi answers/,
    );
    await sandbox.setScenario({ name: "healthy", ...quick });
    await gpuModeEnds(sandbox, 0, "ml");
  });
});
