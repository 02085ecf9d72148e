// Does NOT prove what pulumi exports of a stack, nor what is live: test/engine/drift.test.ts asks both.
import assert from "node:assert/strict";
import { type Claim, claimData, holderOf } from "../../../../cluster/claim/index.ts";
import type { Live } from "../../../../cluster/claim/read.ts";
import { appliedState } from "../../../../cluster/drift/state.ts";
import { projectRoot } from "../../../../lab/sandbox/base/paths.ts";
import { type Declared, declaredBy } from "../../../../operations/drift/compare.ts";
import { planFromFiles } from "../../../../stacks/index.ts";

const plan = planFromFiles(projectRoot, "ml");

/** What is held against a cluster whose claim names a state, where the stack here exports such resources. */
function declaredWhere(claimed: string | undefined, resources: object[]): Declared {
  const claim: Claim = {
    mode: "ml",
    stack: "ml",
    model: plan.server.model,
    since: "2026-01-01T00:00:00.000Z",
    switchNumber: 1,
    planHash: plan.hash,
    source: { commit: "a".repeat(40), committed: "2026-01-02T03:04:05.000Z" },
    ...(claimed === undefined ? {} : { state: claimed }),
  };
  const metadata = { name: "gpu-mode", uid: "u", resourceVersion: "1" };
  const holder = holderOf({ metadata, data: claimData(claim) }, undefined);
  const applied = appliedState(JSON.stringify({ deployment: { resources } }));
  return declaredBy(holder, { applied, unknown: [] }, plan, { deployment: undefined } as Live);
}

const identity = (state: string) => ({
  type: "command:local:Command",
  inputs: { environment: { VLLM_PLATFORM_IDENTITY: JSON.stringify({ state }) } },
});
const service = {
  type: "kubernetes:core/v1:Service",
  inputs: { apiVersion: "v1", kind: "Service", metadata: { name: "vllm-api" } },
};

describe("what a cluster is held against for drift", () => {
  it("is the state that the claim names, or one where claims named none", () => {
    for (const claimed of ["one", undefined]) {
      const { against, objects, notes } = declaredWhere(claimed, [identity("one"), service]);
      assert.deepEqual([against, objects.length, notes], ["state", 1, []]);
    }
  });

  it("is the files where the state is another one, a stack that nothing was applied from among them", () => {
    for (const resources of [[identity("two"), service], []]) {
      const { against, objects, program, notes } = declaredWhere("one", resources);
      assert.equal(against, "files");
      assert.deepEqual(objects, program);
      assert.deepEqual(notes, [
        "The active mode was declared by another state of stack ml than the one here, so the cluster is compared with the files only.",
      ]);
    }
  });
});
