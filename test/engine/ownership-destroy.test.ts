// Does NOT prove what a destroy does to a server that is busy; the pods are simulated.
import assert from "node:assert/strict";
import { rename } from "node:fs/promises";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import type { Mode } from "../support/expected-objects.ts";
import { initStack, pulumiOn, pulumiSucceeds, tryUp, up } from "../support/pulumi.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { isWhole, platformObjects } from "../support/whole-mode.ts";

describe("the destroy of a stack", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;
  const healthy = { name: "healthy", loadSeconds: 0.2, stopSeconds: 0.2 } as const;

  before(async () => {
    sandbox = await startedSandbox(healthy);
    await up(sandbox, "r1");
    await up(sandbox, "ml");
  });

  after(() => sandbox?.remove());

  /** Identity and version of every object, which together say that nothing was touched. */
  async function versions(): Promise<string[]> {
    const ml = (await platformObjects(sandbox)).map(
      ({ kind, metadata }) => `${kind}/${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`,
    );
    return ml.sort();
  }

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
      const { code, output } = await tryUp(sandbox, "coder");
      assert.notEqual(code, 0);
      assert.match(output, /The mode is declared but not served/);
      await sandbox.setScenario(healthy);
      await up(sandbox, "ml");
      await isRefused("coder");
      await isWhole(sandbox, "ml");
    });

    it("is not destroyed while the cluster that its state names cannot be asked, whatever the environment names", async () => {
      const before = await versions();
      const away = `${sandbox.kubeconfig}.away`;
      await rename(sandbox.kubeconfig, away);
      try {
        const { code, output } = await pulumiOn(
          sandbox,
          ["destroy", "--yes", "--skip-preview", "--refresh=false", "-s", "r1"],
          { VLLM_PLATFORM_KUBECONFIG: away },
        );
        assert.notEqual(code, 0);
        assert.match(output, /Stack r1 was not destroyed: [\s\S]*does not exist[\s\S]*gpu-mode forget r1/);
      } finally {
        await rename(away, sandbox.kubeconfig);
      }
      assert.deepEqual(await versions(), before);
    });

    it("is forgotten without a change in the cluster", async () => {
      const before = await versions();
      await pulumiSucceeds(sandbox, ["stack", "rm", "--force", "--yes", "--preserve-config", "r1"]);
      await initStack(sandbox, "r1");
      assert.deepEqual(await versions(), before);
    });

    it("leaves the active one its destroy, which names what stays", async () => {
      const output = await pulumiSucceeds(sandbox, ["destroy", "--yes", "--skip-preview", "-s", "ml"]);
      assert.match(output, /This stays[\s\S]*Namespace ml[\s\S]*vllm-model-cache[\s\S]*vllm-api-key/);
      assert.deepEqual(await platformObjects(sandbox), []);
    });
  });
});
