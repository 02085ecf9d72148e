// Does NOT prove that a kubelet runs the pod, nor that vLLM accepts its arguments: the node and the server are simulated.
import assert from "node:assert/strict";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { expectedObjects, modes, servedNamesOf } from "../support/expected-objects.ts";
import { nothingDiffers, pulumiOn, pulumiSucceeds, up, upChangesNothing } from "../support/pulumi.ts";
import { eventually, kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { isWhole, objectsOf } from "../support/whole-mode.ts";

describe("the platform in a cluster", function () {
  this.timeout(180_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox({ loadSeconds: 0.5, stopSeconds: 0.5 });
    // Ollama lives in the same namespace, and no mode may touch it.
    await kubectlOn(sandbox, ["create", "namespace", "ml"]);
    await kubectlOn(sandbox, ["create", "deployment", "ollama", "-n", "ml", "--image=ollama/ollama"]);
  });

  after(() => sandbox?.remove());

  // The other modes, from each to each: ownership.test.ts.
  it("comes up: the cluster holds exactly the mode, and the URL answers for it", async () => {
    await up(sandbox, "ml");
    await isWhole(sandbox, "ml");
  });

  it("a second up, a preview and a refresh see no change", () => nothingDiffers(sandbox, "ml"));

  it("names in the stack's outputs what clients need", async () => {
    const outputs = JSON.parse(await pulumiSucceeds(sandbox, ["stack", "output", "--json", "-s", "ml"]));
    assert.equal(outputs.mode, "ml");
    assert.equal(outputs.model, "Qwen/Qwen2.5-7B-Instruct-AWQ");
    assert.deepEqual(outputs.servedNames, servedNamesOf("ml"));
    assert.equal(outputs.endpoint, "https://vllm.home.jetzinger.com");
    assert.equal(outputs.inClusterUrl, "http://vllm-api.ml.svc.cluster.local:8000");
    assert.match(outputs.status, /^serving Qwen\/Qwen2\.5-7B-Instruct-AWQ, default$/);
  });

  it("puts a Deployment right that was scaled and edited by hand", async () => {
    await kubectlOn(sandbox, ["scale", "deployment", "vllm-server", "-n", "ml", "--replicas=0"]);
    const change = { spec: { template: { spec: { terminationGracePeriodSeconds: 300 } } } };
    await kubectlOn(sandbox, [
      ...["patch", "deployment", "vllm-server", "-n", "ml", "--type=merge", "-p", JSON.stringify(change)],
    ]);
    const { code } = await pulumiOn(sandbox, ["preview", "-s", "ml", "--expect-no-changes"]);
    assert.notEqual(code, 0);
    await up(sandbox, "ml");
    await isWhole(sandbox, "ml");
  });

  it("recreates what was deleted by hand", async () => {
    await kubectlOn(sandbox, ["delete", "service/vllm-api", "configmap/llm-fallback-config", "-n", "ml"]);
    await up(sandbox, "ml");
    await isWhole(sandbox, "ml");
    await upChangesNothing(sandbox, "ml");
  });

  it("waits for the server of a Deployment that was deleted by hand, each time", async () => {
    await sandbox.setScenario({ name: "healthy", loadSeconds: 5, stopSeconds: 0.5 });
    // From the second time on, the new one has the generation that the state knows.
    for (const time of ["first", "second"]) {
      await kubectlOn(sandbox, ["delete", "deployment", "vllm-server", "-n", "ml"]);
      await up(sandbox, "ml");
      const ready = [
        "get",
        "deployment",
        "vllm-server",
        "-n",
        "ml",
        "-o",
        "jsonpath={.status.readyReplicas}",
      ];
      assert.equal(await kubectlOn(sandbox, ready), "1", `${time} time`);
    }
    await sandbox.setScenario({ name: "healthy", loadSeconds: 0.5, stopSeconds: 0.5 });
    await upChangesNothing(sandbox, "ml");
  });

  it("destroy removes the platform and leaves the namespace and its neighbours", async () => {
    await pulumiSucceeds(sandbox, ["destroy", "--yes", "--skip-preview", "-s", "ml"]);
    const resources = [...new Set(expectedObjects("ml").map(({ resource }) => resource))];
    // The Deployment is deleted in the foreground: it stays until its pod has ended.
    await eventually(20, async () => {
      const left = (await objectsOf(sandbox, resources)).map(
        ({ kind, metadata }) => `${String(kind)}/${metadata.name}`,
      );
      assert.deepEqual(left.sort(), ["ConfigMap/kube-root-ca.crt", "Deployment/ollama"]);
      return true;
    });
    assert.equal(
      (await kubectlOn(sandbox, ["get", "namespace", "ml", "-o", "jsonpath={.status.phase}"])).trim(),
      "Active",
    );
  });

  it("comes up again after a destroy", async () => {
    await up(sandbox, "ml");
    await isWhole(sandbox, "ml");
  });

  it("knows all shipped modes", () => assert.deepEqual([...modes], ["coder", "gaming", "ml", "r1"]));
});
