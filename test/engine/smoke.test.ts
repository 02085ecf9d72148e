// Does NOT prove that CUDA starts anywhere, nor what a kubelet makes of an init container: node, test and its log are simulated.
import assert from "node:assert/strict";
import type { V1Deployment, V1Pod } from "@kubernetes/client-node";
import type { Sandbox } from "../../sandbox/index.ts";
import { configure } from "../support/configure.ts";
import { gpuMode, gpuModeEnds, gpuModeJson } from "../support/gpu-mode.ts";
import { nothingDiffers, pulumiOn, up } from "../support/pulumi.ts";
import { eventually, kubectlOn, startedSandbox } from "../support/sandbox.ts";

describe("the smoke test of CUDA", function () {
  this.timeout(120_000);
  let sandbox: Sandbox;
  const quick = { loadSeconds: 0.2, stopSeconds: 0.2 };

  before(async () => {
    sandbox = await startedSandbox(quick);
    configure(sandbox, "ml", { smokeTest: true });
    await up(sandbox, "ml");
  });

  after(() => sandbox?.remove());

  async function template() {
    const text = await kubectlOn(sandbox, ["get", "deployment", "vllm-server", "-n", "ml", "-o", "json"]);
    const { spec } = JSON.parse(text) as V1Deployment;
    const pod = spec?.template.spec;
    assert.ok(pod);
    return { ...pod, progressDeadlineSeconds: spec.progressDeadlineSeconds };
  }

  async function pods(): Promise<V1Pod[]> {
    const args = ["get", "pods", "-n", "ml", "-l", "app=vllm-server", "-o", "json"];
    return (JSON.parse(await kubectlOn(sandbox, args)) as { items: V1Pod[] }).items;
  }

  it("is put before the server by one line of configuration: same image, card and rules, and no secret", async () => {
    const { initContainers = [], containers, progressDeadlineSeconds } = await template();
    const [test, ...others] = initContainers;
    assert.deepEqual([test?.name, others.length], ["smoke-test", 0]);
    const [server] = containers;
    for (const field of ["image", "imagePullPolicy", "resources", "securityContext"] as const) {
      assert.deepEqual(test?.[field], server?.[field], field);
    }
    assert.equal(test?.resources?.limits?.["nvidia.com/gpu"], "1");
    assert.deepEqual([test?.env, test?.volumeMounts, test?.ports], [undefined, undefined, undefined]);
    assert.equal(progressDeadlineSeconds, 1200 + 150 + 900);
  });

  it("comes before the server, which then serves, and nothing differs afterwards", async () => {
    const [pod] = await pods();
    assert.equal(pod?.status?.initContainerStatuses?.[0]?.state?.terminated?.reason, "Completed");
    assert.equal(pod?.status?.containerStatuses?.[0]?.ready, true);
    const log = await kubectlOn(sandbox, ["logs", pod?.metadata?.name ?? "", "-n", "ml", "-c", "smoke-test"]);
    assert.match(log, /"computeCapability": "8\.6"/);
    await nothingDiffers(sandbox, "ml");
  });

  const compatibility =
    "the image forces CUDA's compatibility libraries, which GeForce cards do not support " +
    "(the smoke test of CUDA ended with exit code 1; it printed: RuntimeError: Unexpected error from " +
    "cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already " +
    "set an error? Error 804: forward compatibility was attempted on non supported HW). " +
    "Choose an older image tag or update the driver";

  it("that fails ends the update with what its text is known to mean, and the server is not started", async () => {
    await sandbox.setScenario({ name: "smoke-test-fails", ...quick, runSeconds: 0.3, backOffSeconds: 60 });
    configure(sandbox, "ml", { maxNumSeqs: 8 });
    const { code, output } = await pulumiOn(sandbox, ["up", "--yes", "--skip-preview", "-s", "ml"]);
    assert.notEqual(code, 0);
    assert.ok(output.includes(`The mode is declared but not served: ${compatibility}`), output);
    const [pod] = await pods();
    assert.equal(pod?.status?.containerStatuses?.[0]?.state?.waiting?.reason, "PodInitializing");
    const status = await gpuModeJson<{ reached: boolean; pod: string }>(sandbox, "status");
    assert.deepEqual([status.reached, status.pod], [false, `failed: ${compatibility}`]);
  });

  it("is tried anew at once by the next update, which passes when the node is mended", async () => {
    const [failed] = await pods();
    // The kubelet's own next try is far away.
    await sandbox.setScenario({ name: "healthy", ...quick, backOffSeconds: 3600 });
    assert.match(await up(sandbox, "ml"), /failed before and is made anew/);
    const [made] = await pods();
    assert.notEqual(made?.metadata?.uid, failed?.metadata?.uid);
    await nothingDiffers(sandbox, "ml");
  });

  it("that hangs is told while it does, and ends the switch with a sentence", async () => {
    await sandbox.setScenario({ name: "smoke-test-hangs", ...quick, runSeconds: 5, backOffSeconds: 60 });
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

  it("leaves nothing behind once it is switched off", async () => {
    configure(sandbox, "ml", { smokeTest: undefined });
    await up(sandbox, "ml");
    assert.equal((await template()).initContainers, undefined);
    assert.deepEqual(
      (await pods()).map(({ spec }) => spec?.initContainers),
      [undefined],
    );
    await nothingDiffers(sandbox, "ml");
  });
});
