// Does NOT prove that a kubelet runs the pod, nor that vLLM accepts its arguments: the node and the server are simulated.
import assert from "node:assert/strict";
import type { Sandbox } from "../../sandbox/index.ts";
import {
  type Expected,
  expectedObjects,
  labelsOf,
  type Mode,
  modes,
  servedNamesOf,
} from "../support/expected-objects.ts";
import { nothingDiffers, pulumiOn, pulumiSucceeds, up } from "../support/pulumi.ts";
import { eventually, freshSandbox, kubectlOn, silentProgress } from "../support/sandbox.ts";

interface Live extends Record<string, unknown> {
  readonly metadata: {
    readonly name: string;
    readonly generation?: number;
    readonly uid: string;
    readonly labels?: Record<string, string>;
    readonly managedFields: { manager: string; operation: string; subresource?: string }[];
  };
}

describe("the platform in a cluster", function () {
  this.timeout(180_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await freshSandbox();
    await sandbox.start({ progress: silentProgress });
    await sandbox.setScenario({ name: "healthy", loadSeconds: 0.5, stopSeconds: 0.5 });
    // Ollama lives in the same namespace, and no mode may touch it.
    await kubectlOn(sandbox, ["create", "namespace", "ml"]);
    await kubectlOn(sandbox, ["create", "deployment", "ollama", "-n", "ml", "--image=ollama/ollama"]);
  });

  after(() => sandbox.remove());

  const get = async (...args: string[]): Promise<Live[]> => {
    const { items } = JSON.parse(
      await kubectlOn(sandbox, ["get", ...args, "-n", "ml", "-o", "json", "--show-managed-fields"]),
    ) as {
      items: Live[];
    };
    return items;
  };

  const servedNames = async (): Promise<string[]> => {
    const response = await fetch(`${sandbox.url}/v1/models`);
    if (response.status === 503) return [];
    return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
  };

  /** What the API server assigns by itself, in any cluster differently. */
  function withoutAssigned(live: Live): Record<string, unknown> {
    const { apiVersion: _, kind: __, metadata: ___, status: ____, ...content } = live;
    const copy = structuredClone(content) as { spec?: Record<string, unknown> };
    delete copy.spec?.clusterIP;
    delete copy.spec?.clusterIPs;
    return copy as Record<string, unknown>;
  }

  async function holdsExactly(mode: Mode): Promise<void> {
    const expected = expectedObjects(mode);
    const kinds = [...new Set(expected.map(({ resource }) => resource))].join(",");
    const live = await get(`${kinds},persistentvolumeclaims,secrets`);
    const ours = live.filter(
      ({ metadata }) => !["kube-root-ca.crt", "ollama", "gpu-mode"].includes(metadata.name),
    );
    const nameOf = (kind: unknown, name: string) => `${String(kind)}/${name}`;
    const kindOf: Record<string, string> = {
      "deployments.apps": "Deployment",
      services: "Service",
      "poddisruptionbudgets.policy": "PodDisruptionBudget",
      "networkpolicies.networking.k8s.io": "NetworkPolicy",
      configmaps: "ConfigMap",
      "certificates.cert-manager.io": "Certificate",
      "middlewares.traefik.io": "Middleware",
      "ingressroutes.traefik.io": "IngressRoute",
    };
    assert.deepEqual(
      ours.map(({ kind, metadata }) => nameOf(kind, metadata.name)).sort(),
      expected.map(({ resource, name }) => nameOf(kindOf[resource], name)).sort(),
    );
    for (const one of expected) {
      const object = ours.find(
        ({ kind, metadata }) => kind === kindOf[one.resource] && metadata.name === one.name,
      );
      assert.ok(object);
      assert.deepEqual(withoutAssigned(object), one.content, `${mode}: ${one.resource}/${one.name}`);
      assert.deepEqual(object.metadata.labels, labelsOf(one as Expected), `${mode}: labels of ${one.name}`);
      const appliers = object.metadata.managedFields.filter(({ operation }) => operation === "Apply");
      assert.deepEqual([...new Set(appliers.map(({ manager }) => manager))], ["vllm-platform"]);
    }
  }

  // Each mode once from nothing or from the one before it, and back to the first.
  for (const mode of ["ml", "gaming", "r1", "coder", "ml"] as const) {
    it(`up -s ${mode}: the cluster holds exactly that mode, and the URL answers for it`, async () => {
      await up(sandbox, mode);
      await holdsExactly(mode);
      assert.deepEqual(await eventually(20, servedNames), servedNamesOf(mode));
      const pods = await get("pods", "-l", "app=vllm-server");
      assert.equal(pods.length, servedNamesOf(mode).length === 0 ? 0 : 1);
    });

    it(`a second up, a preview and a refresh of ${mode} see no change`, () => nothingDiffers(sandbox, mode));
  }

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
    await holdsExactly("ml");
    assert.deepEqual(await eventually(20, servedNames), servedNamesOf("ml"));
  });

  it("recreates what was deleted by hand", async () => {
    await kubectlOn(sandbox, ["delete", "service/vllm-api", "configmap/llm-fallback-config", "-n", "ml"]);
    await up(sandbox, "ml");
    await holdsExactly("ml");
    await nothingDiffers(sandbox, "ml");
  });

  it("destroy removes the platform and leaves the namespace and its neighbours", async () => {
    await pulumiSucceeds(sandbox, ["destroy", "--yes", "--skip-preview", "-s", "ml"]);
    const kinds = [...new Set(expectedObjects("ml").map(({ resource }) => resource))].join(",");
    // The Deployment is deleted in the foreground: it stays until its pod has ended.
    await eventually(20, async () => {
      const left = (await get(kinds)).map(({ kind, metadata }) => `${String(kind)}/${metadata.name}`);
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
    await holdsExactly("ml");
  });

  it("knows all shipped modes", () => assert.deepEqual([...modes], ["coder", "gaming", "ml", "r1"]));
});
