// Does NOT prove an upgrade from any other commit than that of the fixture, nor that a pod which runs for real lives on.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { nothingDiffers, pulumiOn, pulumiSucceeds, up, upChangesNothing } from "../support/pulumi.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { platformObjects } from "../support/whole-mode.ts";

/**
 * State of mode ml as shipped, made by commit dd328db and exported by `pulumi stack export`; paths and the identity of its
 * cluster are placeholders, and what Pulumi notes for itself (source positions, times) is left out.
 */
const fixture = join(import.meta.dirname, "../fixtures/state-before-rooms.json");

interface Resource {
  urn: string;
  type: string;
  inputs: { metadata?: { name: string } };
}

interface Step {
  op: string;
  urn: string;
  newState?: { type: string };
  oldState?: { type: string };
}

describe("a state of before", function () {
  this.timeout(180_000);
  let sandbox: Sandbox;
  let file: string;
  let resources: Resource[];

  before(async () => {
    sandbox = await startedSandbox();
    const { VLLM_PLATFORM_KUBECONFIG: kubeconfig = "" } = sandbox.environment();
    const cluster = await kubectlOn(sandbox, [
      "get",
      "namespace",
      "kube-system",
      "-o",
      "jsonpath={.metadata.uid}",
    ]);
    const text = readFileSync(fixture, "utf8")
      .replaceAll("KUBECONFIG", kubeconfig)
      .replaceAll("CLUSTER", cluster);
    file = join(sandbox.dir, "former-state.json");
    await writeFile(file, text);
    ({ resources } = (JSON.parse(text) as { deployment: { resources: Resource[] } }).deployment);
    // The objects as that commit declared them, by the manager that it declared them by.
    for (const { inputs } of resources.filter(({ type }) => type.startsWith("kubernetes:"))) {
      await kubectlOn(
        sandbox,
        ["apply", "--server-side", "--field-manager=vllm-platform", "--force-conflicts", "-f", "-"],
        JSON.stringify(inputs),
      );
    }
  });

  after(() => sandbox?.remove());

  const take = () => pulumiSucceeds(sandbox, ["stack", "import", "-s", "ml", "--file", file]);
  /** Each object by the identity that it loses where it is made anew. */
  const identities = async (): Promise<string[]> =>
    (await platformObjects(sandbox)).map(({ kind, metadata }) => `${kind}/${metadata.name} ${metadata.uid}`);

  /** Those besides the one that Kubernetes itself gives each namespace. */
  const namespaceLabels = async (): Promise<Record<string, string>> => {
    const text = await kubectlOn(sandbox, ["get", "namespace", "ml", "-o", "jsonpath={.metadata.labels}"]);
    const { "kubernetes.io/metadata.name": _, ...labels } = JSON.parse(text) as Record<string, string>;
    return labels;
  };

  it("is brought up by this code where it stands: what changes is named, and nothing is replaced", async () => {
    await take();
    const before = await identities();
    const { code, output } = await pulumiOn(sandbox, ["preview", "-s", "ml", "--json"]);
    assert.equal(code, 0, output);
    const { steps } = JSON.parse(output.slice(output.indexOf("{"))) as { steps: Step[] };
    assert.ok(steps.length >= resources.length, `${steps.length} steps`);
    const changed = steps
      .filter(({ op }) => op !== "same" && op !== "refresh")
      .map(({ op, urn }) => `${op} ${urn.split("::").at(-1)}`);
    // The programs have a folder of their own now, the server a supervisor, the fallback pattern other quotes, and the namespace
    // no label of ours; so the claim has another hash. CHANGELOG says so.
    assert.deepEqual(changed.sort(), [
      "update vllm-adoption",
      "update vllm-claim",
      "update vllm-fallback",
      "update vllm-guard",
      "update vllm-namespace",
      "update vllm-node-check",
      "update vllm-removal",
      "update vllm-served",
      "update vllm-server-deployment",
      "update vllm-tidy",
    ]);
    await up(sandbox, "ml");
    assert.deepEqual(await identities(), before);
    // Earlier code had put five labels on the namespace; the provider keeps this one of a state that has it.
    assert.deepEqual(await namespaceLabels(), { "app.kubernetes.io/managed-by": "pulumi" });
    await nothingDiffers(sandbox, "ml");
  });

  it("leaves the namespace's last label to whoever takes it", async () => {
    await kubectlOn(sandbox, [
      ...["label", "namespace", "ml", "app.kubernetes.io/managed-by=Helm"],
      ...["--overwrite", "--field-manager=helm"],
    ]);
    await up(sandbox, "ml");
    assert.deepEqual(await namespaceLabels(), { "app.kubernetes.io/managed-by": "Helm" });
    await upChangesNothing(sandbox, "ml");
  });

  it("is destroyed as it is, by the programs where it looks for them", async () => {
    await take();
    await pulumiSucceeds(sandbox, ["destroy", "--yes", "--skip-preview", "-s", "ml"]);
    assert.deepEqual(await identities(), []);
  });
});
