// Does not prove that an API server refuses these changes, nor what the engine makes of them; test/engine/adoption.test.ts does.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { LiveObject } from "../../../../cluster/api/index.ts";
import type { FieldSet } from "../../../../cluster/api/managed-fields.ts";
import { fixedFields } from "../../../../cluster/requirements/doctor-only/fixed-fields.ts";
import type { Read } from "../../../../cluster/requirements/items/requirement.ts";
import { askedStorageClass, fixedFieldFaults } from "../../../../cluster/survey/fixed-fields.ts";
import { planFromFiles } from "../../../../stacks/index.ts";
import { faultText } from "../../../../system/errors.ts";

const files = planFromFiles(fileURLToPath(new URL("../../../..", import.meta.url)), "ml");
const inVolume = (more: { storageClass?: string } = {}) => ({
  ...files,
  cache: { kind: "claim", size: "50Gi", accessMode: "ReadWriteOnce", ...more } as const,
});

const live = (kind: string, spec: object, owned: FieldSet = {}): LiveObject => ({
  kind,
  metadata: {
    name: "x",
    uid: "u",
    resourceVersion: "1",
    managedFields: [{ manager: "vllm-platform", operation: "Apply", fieldsV1: { "f:spec": owned } }],
  },
  spec,
});

const volume = (spec: object = {}): LiveObject =>
  live("PersistentVolumeClaim", {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "nfs-client",
    resources: { requests: { storage: "50Gi" } },
    ...spec,
  });
const deployment = (selector: object) => live("Deployment", { selector });

const faultsOf = (plan: typeof files, ...objects: LiveObject[]): string[] =>
  fixedFieldFaults(plan, ({ kind }) => objects.find((one) => one.kind === kind)).map(faultText);

describe("fields that Kubernetes never changes", () => {
  it("are no fault where they are as declared, or nothing is there", () => {
    const ours = deployment({ matchLabels: { app: "vllm-server" } });
    assert.deepEqual(faultsOf(inVolume({ storageClass: "nfs-client" }), ours, volume()), []);
    assert.deepEqual(faultsOf(inVolume(), ours), []);
    assert.deepEqual(
      faultsOf(files, volume({ accessModes: ["ReadWriteMany"] })),
      [],
      "a folder is used instead",
    );
  });

  it("name a Deployment of another selector, also of one with a further key", () => {
    for (const selector of [
      { matchLabels: { app: "vllm" } },
      { matchLabels: { app: "vllm-server", tier: "ai" } },
    ]) {
      const [fault = "", ...more] = faultsOf(files, deployment(selector));
      assert.deepEqual(more, []);
      assert.ok(fault.includes(`spec.selector (found: ${JSON.stringify(selector)})`), fault);
      assert.match(
        fault,
        /the platform's is {"matchLabels":{"app":"vllm-server"}}\. Delete the Deployment, .*kubectl delete -n ml deployment\/vllm-server\.$/,
      );
    }
  });

  it("name all that differs of a volume claim, with the setting that keeps it", () => {
    const faults = faultsOf(
      inVolume({ storageClass: "local-path" }),
      volume({ accessModes: ["ReadWriteMany"], resources: { requests: { storage: "100Gi" } } }),
    );
    assert.equal(faults.length, 3);
    assert.match(
      faults[0] ?? "",
      /PersistentVolumeClaim\/vllm-model-cache in namespace ml: spec\.storageClassName \(found: "nfs-client"\): .* cache\.claim\.storageClass is local-path\. Set cache\.claim\.storageClass: nfs-client, or delete/,
    );
    assert.match(faults[1] ?? "", /Set cache\.claim\.accessMode: ReadWriteMany, or delete/);
    assert.match(
      faults[2] ?? "",
      /a volume only ever grows, and cache\.claim\.size is 50Gi\. Set cache\.claim\.size: 100Gi, or delete/,
    );
    const [several = ""] = faultsOf(inVolume(), volume({ accessModes: ["ReadWriteOnce", "ReadWriteMany"] }));
    assert.match(
      several,
      /\. Delete the volume claim with the model files in it, .*kubectl delete -n ml pvc\/vllm-model-cache\.$/,
    );
  });

  it("are no fault where a mode names no class, or asks for more: the class that was once asked for is asked for again", () => {
    assert.deepEqual(faultsOf(inVolume(), volume({ resources: { requests: { storage: "20Gi" } } })), []);
    const asked = live(
      "PersistentVolumeClaim",
      { storageClassName: "nfs-client" },
      { "f:storageClassName": {} },
    );
    assert.equal(askedStorageClass(asked), "nfs-client");
    assert.equal(askedStorageClass(volume()), undefined, "the cluster chose it");
    assert.equal(askedStorageClass(undefined), undefined);
  });

  it("are told by doctor in the same words", () => {
    const found = fixedFields.judge(files, ((path: string) =>
      path.endsWith("deployments/vllm-server") ? deployment({}) : undefined) as Read);
    assert.equal(found.state, "fault");
    assert.match(
      found.found,
      /^Deployment\/vllm-server in namespace ml: spec\.selector is {}: Kubernetes never changes it/,
    );
    assert.equal(fixedFields.judge(files, () => undefined).state, "ok");
  });
});
