// Does NOT prove what a real cluster says of a server; test/engine/gpu-mode.test.ts asks one.
import assert from "node:assert/strict";
import type { ClusterApi } from "../../../../cluster/api/index.ts";
import { claimData } from "../../../../cluster/claim/index.ts";
import { podPath } from "../../../../cluster/gpu-node/snapshot.ts";
import { isReached, readStatus } from "../../../../operations/status/index.ts";
import { claimObject, deploymentObject, objectPath } from "../../../../stacks/vocabulary/objects.ts";
import { apiOf, plan } from "../../cluster/requirements/cases.ts";

const claim = claimData({
  ...{ mode: "ml", stack: "ml", model: "", since: "2026-01-01T00:00:00Z", switchNumber: 1, planHash: "a" },
  source: { commit: "unknown", committed: "" },
});
const held = { [objectPath(claimObject)]: { metadata: { name: "gpu-mode" }, data: claim } };

describe("a failed pod", () => {
  it("is told with what its failed run printed, also where the cluster tells of the next one a moment later", async () => {
    const container = { name: "vllm", image: "vllm:1" };
    const spec = { containers: [container], nodeName: "node" };
    const seen = (restartCount: number) => ({
      metadata: { name: "vllm-server-1" },
      spec,
      status: {
        containerStatuses: [{ name: "vllm", restartCount, state: { terminated: { exitCode: 1 } } }],
      },
    });
    const objects = {
      [objectPath(deploymentObject)]: {
        metadata: { name: "vllm-server" },
        spec: { replicas: 1, template: { spec } },
      },
      [`/api/v1/namespaces/ml/pods?labelSelector=${encodeURIComponent("app=vllm-server")}`]: {
        items: [seen(0)],
      },
    };
    let looks = 0;
    const api = {
      ...apiOf(objects),
      get: async (path: string) =>
        path === podPath("vllm-server-1") ? seen(looks++) : (objects as Record<string, object>)[path],
      text: async (path: string) => (path.includes("previous=true") ? "ValueError: of the failed run\n" : ""),
    } as unknown as ClusterApi;
    const { pod } = await readStatus(api, { planOf: () => plan, fallback: plan });
    assert.equal(pod, "failed: the server ended with exit code 1; it printed: ValueError: of the failed run");
  });
});

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
