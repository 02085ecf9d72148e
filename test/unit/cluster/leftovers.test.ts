// Does not prove that a cluster's objects carry these labels; the engine tests do that.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { LiveObject } from "../../../cluster/api.ts";
import { isIrreplaceable, leftoverObjects } from "../../../cluster/leftovers.ts";
import { planFromFiles } from "../../../stacks/index.ts";
import { objectTitle } from "../../../stacks/objects.ts";

const plan = planFromFiles(fileURLToPath(new URL("../../..", import.meta.url)), "ml");
const live = (labels: Record<string, string>): LiveObject => ({
  metadata: { name: "x", uid: "u", resourceVersion: "1", labels },
});
const ours = live({ "app.kubernetes.io/part-of": "vllm-platform", "app.kubernetes.io/managed-by": "pulumi" });

describe("objects that only another mode declared", () => {
  it("are those of ours that this mode does not declare; a volume claim and the API key are not removed unasked", () => {
    const found = leftoverObjects(plan, () => ours);
    assert.deepEqual(found.map(objectTitle).sort(), [
      "PersistentVolumeClaim/vllm-model-cache",
      "Secret/vllm-api-key",
      "Secret/vllm-hugging-face",
    ]);
    assert.deepEqual(found.map(isIrreplaceable), [true, true, false]);
    const withoutRoute = { ...plan, route: undefined } as unknown as typeof plan;
    const route = leftoverObjects(withoutRoute, () => ours).filter(({ kind }) => kind !== "Secret");
    assert.deepEqual(
      route.map(({ kind }) => kind),
      ["Certificate", "IngressRoute", "IngressRoute", "Middleware", "Middleware", "PersistentVolumeClaim"],
    );
  });

  it("are none where nothing is live, or where it is another's", () => {
    assert.deepEqual(
      leftoverObjects(plan, () => undefined),
      [],
    );
    assert.deepEqual(
      leftoverObjects(plan, () => live({ "app.kubernetes.io/managed-by": "Helm" })),
      [],
    );
  });
});
