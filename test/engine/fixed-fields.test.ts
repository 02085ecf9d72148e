// Does NOT prove that a provisioner makes or resizes volumes; a volume made by hand stands in for one.
import assert from "node:assert/strict";
import { exitCodes } from "../../cli/exit-codes.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { configure } from "../support/configure.ts";
import { gpuModeEnds } from "../support/gpu-mode.ts";
import { nothingDiffers, pulumiOn, up } from "../support/pulumi.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { platformObjects } from "../support/whole-mode.ts";

describe("what Kubernetes never changes", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox({ loadSeconds: 0.5, stopSeconds: 0.5 });
  });

  after(() => sandbox?.remove());

  const apply = (...items: object[]) =>
    kubectlOn(sandbox, ["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));

  /** An update to the mode is refused in these words, and nothing in the cluster is written. */
  async function isRefused(mode: string, ...patterns: RegExp[]): Promise<void> {
    const versions = async () =>
      (await platformObjects(sandbox)).map(({ kind, metadata }) => [kind, metadata.resourceVersion]);
    const before = await versions();
    const { code, output } = await pulumiOn(sandbox, ["up", "--yes", "--skip-preview", "-s", mode]);
    assert.notEqual(code, 0, output);
    const { stderr } = await gpuModeEnds(sandbox, exitCodes.refused, mode);
    for (const pattern of patterns) {
      assert.match(output, pattern);
      assert.match(stderr, pattern);
    }
    assert.deepEqual(await versions(), before);
  }

  it("of a Deployment made by hand is told before the claim is written", async () => {
    const labels = { app: "vllm" };
    await apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "ml" } },
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "vllm-server", namespace: "ml" },
        spec: {
          replicas: 0,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: "vllm", image: "vllm:1" }] } },
        },
      },
    );
    // Its controller writes into it until then.
    const settled = '{.status.conditions[?(@.type=="Progressing")].reason}=NewReplicaSetAvailable';
    await kubectlOn(sandbox, [
      ...["wait", "-n", "ml", "deployment/vllm-server"],
      ...[`--for=jsonpath=${settled}`, "--timeout=30s"],
    ]);
    await isRefused(
      "ml",
      /What stands in the cluster cannot become what mode ml declares; nothing was changed\./,
      /Deployment\/vllm-server in namespace ml: spec\.selector \(found: {"matchLabels":{"app":"vllm"}}\): .*kubectl delete -n ml deployment\/vllm-server\./,
    );
    await kubectlOn(sandbox, ["delete", "-n", "ml", "deployment/vllm-server"]);
  });

  it("of a volume claim is told in full, whoever made it", async () => {
    const storage = "50Gi";
    await apply(
      {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name: "nfs-client" },
        provisioner: "example.org/none",
      },
      {
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name: "models" },
        spec: {
          capacity: { storage },
          accessModes: ["ReadWriteOnce"],
          storageClassName: "nfs-client",
          hostPath: { path: "/models" },
          claimRef: { namespace: "ml", name: "vllm-model-cache" },
        },
      },
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "vllm-model-cache", namespace: "ml" },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: "nfs-client",
          resources: { requests: { storage } },
        },
      },
    );
    await kubectlOn(sandbox, [
      ...["wait", "-n", "ml", "pvc/vllm-model-cache"],
      ...["--for=jsonpath={.status.phase}=Bound", "--timeout=30s"],
    ]);
    configure(sandbox, "ml", {
      cache: { claim: { size: "20Gi", storageClass: "local-path", accessMode: "ReadWriteMany" } },
    });
    await isRefused(
      "ml",
      /spec\.storageClassName \(found: "nfs-client"\): .* Set cache\.claim\.storageClass: nfs-client, or/,
      /spec\.accessModes \(found: \["ReadWriteOnce"\]\): .* Set cache\.claim\.accessMode: ReadWriteOnce, or/,
      /spec\.resources\.requests\.storage \(found: "50Gi"\): .* Set cache\.claim\.size: 50Gi, or/,
    );
    configure(sandbox, "ml", { cache: { claim: { size: "60Gi", storageClass: "nfs-client" } } });
    await isRefused(
      "ml",
      /StorageClass: volume claim vllm-model-cache has 50Gi of class nfs-client, which does not let/,
    );
  });

  it("is no change where a mode names no class, and the claim stays the same one", async () => {
    const uid = () =>
      kubectlOn(sandbox, ["get", "-n", "ml", "pvc/vllm-model-cache", "-o", "jsonpath={.metadata.uid}"]);
    const first = await uid();
    configure(sandbox, "ml", { cache: { claim: { size: "50Gi", storageClass: "nfs-client" } } });
    await up(sandbox, "ml");
    configure(sandbox, "r1", { cache: { claim: { size: "50Gi" } } });
    await up(sandbox, "r1");
    await nothingDiffers(sandbox, "r1");
    const output = await up(sandbox, "ml");
    assert.doesNotMatch(output, /replace/);
    assert.equal(await uid(), first);
  });
});
