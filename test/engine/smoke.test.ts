// Does NOT prove that CUDA starts anywhere, nor what a kubelet makes of an init container: node, test and its log are simulated.
import assert from "node:assert/strict";
import type { V1Deployment, V1Pod } from "@kubernetes/client-node";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { configure } from "../support/configure.ts";
import { nothingDiffers, up, upChangesNothing } from "../support/pulumi.ts";
import { kubectlOn } from "../support/sandbox.ts";
import { sharedSandbox } from "../support/shared-sandbox.ts";
import { serverPods } from "../support/whole-mode.ts";

describe("the smoke test of CUDA", function () {
  this.timeout(120_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await sharedSandbox();
    configure(sandbox, "ml", { smokeTest: true });
    await up(sandbox, "ml");
  });

  async function template() {
    const text = await kubectlOn(sandbox, ["get", "deployment", "vllm-server", "-n", "ml", "-o", "json"]);
    const { spec } = JSON.parse(text) as V1Deployment;
    const pod = spec?.template.spec;
    assert.ok(pod);
    return { ...pod, progressDeadlineSeconds: spec.progressDeadlineSeconds };
  }

  const pods = async (): Promise<V1Pod[]> => (await serverPods(sandbox)) as unknown as V1Pod[];

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

  it("leaves nothing behind once it is switched off", async () => {
    configure(sandbox, "ml", { smokeTest: undefined });
    await up(sandbox, "ml");
    assert.equal((await template()).initContainers, undefined);
    assert.deepEqual(
      (await pods()).map(({ spec }) => spec?.initContainers),
      [undefined],
    );
    await upChangesNothing(sandbox, "ml");
  });
});
