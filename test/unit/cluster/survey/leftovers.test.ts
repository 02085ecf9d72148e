// Does not prove that a cluster's objects carry these labels; the engine tests do that.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { LiveObject } from "../../../../cluster/api/index.ts";
import { leftoversOf } from "../../../../cluster/survey/leftovers.ts";
import { planFromFiles } from "../../../../stacks/index.ts";
import { objectTitle } from "../../../../stacks/vocabulary/objects.ts";

const plan = planFromFiles(fileURLToPath(new URL("../../../..", import.meta.url)), "ml");
const live = (labels: Record<string, string>): LiveObject => ({
  metadata: { name: "x", uid: "u", resourceVersion: "1", labels },
});
const ours = live({ "app.kubernetes.io/part-of": "vllm-platform", "app.kubernetes.io/managed-by": "pulumi" });

describe("objects that only another mode declared", () => {
  it("are those of ours that this mode does not declare; a volume claim and the API key are not removed unasked", () => {
    const { removable, kept } = leftoversOf(plan, () => ours);
    assert.deepEqual(removable.map(objectTitle), ["Secret/vllm-hugging-face"]);
    assert.deepEqual(kept.map(objectTitle).sort(), [
      "PersistentVolumeClaim/vllm-model-cache",
      "Secret/vllm-api-key",
    ]);
    const withoutRoute = { ...plan, route: undefined } as unknown as typeof plan;
    assert.deepEqual(
      leftoversOf(withoutRoute, () => ours)
        .removable.map(({ kind }) => kind)
        .sort(),
      ["Certificate", "IngressRoute", "IngressRoute", "Middleware", "Middleware", "Secret"],
    );
  });

  it("are none where nothing is live, or where it is another's", () => {
    const none = { removable: [], kept: [] };
    assert.deepEqual(
      leftoversOf(plan, () => undefined),
      none,
    );
    assert.deepEqual(
      leftoversOf(plan, () => live({ "app.kubernetes.io/managed-by": "Helm" })),
      none,
    );
  });
});
