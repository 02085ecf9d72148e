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
    // Those of a gateway and an Ollama, which no shipped mode has, stand in disagreements.test.ts.
    const withoutGateway = removable.map(objectTitle).filter((title) => !/\/(llm-|ollama)/.test(title));
    assert.deepEqual(withoutGateway, ["Secret/vllm-hugging-face"]);
    assert.deepEqual(kept.map(objectTitle).sort(), [
      "PersistentVolumeClaim/ollama-models",
      "PersistentVolumeClaim/vllm-model-cache",
      "Secret/vllm-api-key",
    ]);
    const withoutRoute = { ...plan, route: undefined } as unknown as typeof plan;
    const more = leftoversOf(withoutRoute, () => ours).removable.filter((one) => !removable.includes(one));
    assert.deepEqual(
      more.map(({ kind }) => kind),
      ["Certificate", "IngressRoute", "IngressRoute", "Middleware", "Middleware"],
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
