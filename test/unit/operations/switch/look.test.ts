// Does NOT prove that two real switches meet so; test/faults/gpu-mode-together.test.ts runs them at once.
import assert from "node:assert/strict";
import type { Survey } from "../../../../cluster/survey/index.ts";
import { compare } from "../../../../operations/switch/look.ts";
import type { Context } from "../../../../operations/switch/situation.ts";
import { modeLabel, switchAnnotation } from "../../../../stacks/vocabulary/names.ts";
import { deploymentObject, objectPath } from "../../../../stacks/vocabulary/objects.ts";
import { apiOf, plan } from "../../cluster/requirements/cases.ts";

describe("a switch to the mode that is active", () => {
  /** @param mode whose Deployment stands there once the preview has ended */
  const compared = (mode: string, switchNumber: number) => {
    const deployment = {
      metadata: {
        name: "vllm-server",
        generation: 1,
        labels: { [modeLabel]: mode },
        annotations: { [switchAnnotation]: String(switchNumber) },
      },
      spec: { replicas: 0, template: { spec: {} } },
      status: { observedGeneration: 1 },
    };
    const context = {
      api: apiOf({ [objectPath(deploymentObject)]: deployment }),
      plan: { ...plan, mode: "gaming", serves: false },
      engine: { differs: async () => false },
      phases: { say: () => {} },
    } as unknown as Context;
    const survey = { claim: { switchNumber: 4 }, pending: [] as Survey["pending"] } as Survey;
    return compare(context, { survey, whole: true, unmet: [] });
  };

  it("has nothing to do where the Deployment is still the one that was looked at", async () => {
    assert.deepEqual(await compared("gaming", 4), { state: "reached", detail: "as it should be" });
  });

  it("is not taken for done where another switch came while files and state were compared", async () => {
    assert.deepEqual(await compared("r1", 5), { state: "superseded", detail: "mode r1 has taken the GPU" });
  });
});
