// Does NOT prove what a real cluster says of a server; test/engine/gpu-mode.test.ts asks one.
import assert from "node:assert/strict";
import { claimData } from "../../../../cluster/claim/index.ts";
import { isReached, readStatus } from "../../../../operations/status/index.ts";
import { claimObject, objectPath } from "../../../../stacks/vocabulary/objects.ts";
import { apiOf, plan } from "../../cluster/requirements/cases.ts";

const claim = claimData({
  ...{ mode: "ml", stack: "ml", model: "", since: "2026-01-01T00:00:00Z", switchNumber: 1, planHash: "a" },
  source: { commit: "unknown", committed: "" },
});
const held = { [objectPath(claimObject)]: { metadata: { name: "gpu-mode" }, data: claim } };

describe("whether users have what the mode promises", () => {
  const unreadable = (): never => {
    throw new Error("Pulumi.ml.yaml: has a fault");
  };
  const statusOf = (objects: Record<string, object>, planOf: () => typeof plan) =>
    readStatus(apiOf(objects), { planOf, fallback: plan });

  it("is told where it is known what that is, and null where the active mode's files cannot be read", async () => {
    const { reached, notes } = await statusOf(held, unreadable);
    assert.equal(reached, null);
    assert.deepEqual(notes, ["Pulumi.ml.yaml: has a fault"]);
    assert.equal((await statusOf(held, () => plan)).reached, false);
    assert.equal((await statusOf({}, unreadable)).mode, null);
  });

  it("is so where the server answers to each name, or nothing runs and nothing is promised", () => {
    const { server } = plan;
    const serving = { serves: true, server };
    const freeing = { serves: false, server };
    const running = { state: "settled", pod: "x" } as const;
    const empty = { state: "settled" } as const;
    assert.equal(isReached(running, serving, [...server.servedNames, "more"]), true);
    assert.equal(isReached(running, serving, server.servedNames.slice(1)), false);
    assert.equal(isReached(empty, serving, []), false);
    for (const nothing of [freeing, undefined]) {
      assert.equal(isReached(empty, nothing, []), true);
      assert.equal(isReached(running, nothing, []), false);
    }
    assert.equal(isReached({ state: "node-away", detail: "" }, freeing, []), false);
  });
});
