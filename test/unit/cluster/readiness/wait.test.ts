// Does NOT prove how a cluster gets to what is waited for; the engine tests wait for real pods.
import assert from "node:assert/strict";
import { type ClusterApi, UnreachableError } from "../../../../cluster/api/index.ts";
import { waitUntilServed } from "../../../../cluster/readiness/wait.ts";

const container = { name: "vllm", image: "vllm:1" };
const nodeSelector = { gpu: "true" };
const deployment = {
  metadata: { name: "vllm-server", generation: 1, annotations: { "vllm-platform/switch": "1" } },
  spec: { replicas: 1, template: { spec: { containers: [container], nodeSelector } } },
  status: { observedGeneration: 1 },
};
const node = {
  metadata: { name: "k3s-gpu-worker" },
  status: {
    conditions: [{ type: "Ready", status: "True" }],
    allocatable: { "nvidia.com/gpu": "1" },
  },
};
const pod = (ready: boolean) => ({
  metadata: { name: "vllm-server-1" },
  spec: { containers: [container], nodeName: "k3s-gpu-worker" },
  status: { containerStatuses: [{ name: "vllm", ready, restartCount: 0, state: { running: {} } }] },
});

/** Waits where no way leads to the server. @param isReady whether its pod is, at each look */
function wait(isReady: (look: number) => boolean, budget: { askForSeconds?: number; load: number }) {
  let look = 0;
  const api = {
    get: async (path: string) => {
      if (path.includes("/nodes")) return { items: [node] };
      if (!path.includes("/pods")) return deployment;
      look += 1;
      return { items: [pod(isReady(look))] };
    },
    connect: async () => {
      throw new UnreachableError("no way leads there");
    },
  } as unknown as ClusterApi;
  const { load, ...more } = budget;
  const budgetSeconds = { release: 60, apply: 60, schedule: 60, pull: 60, test: 60, load };
  return waitUntilServed(
    api,
    { ...more, promised: { serves: true, servedNames: ["a"], budgetSeconds } },
    () => {},
  );
}

describe("the wait for a server", () => {
  it("ends where its pod is ready and it does not answer, long before a load would be over", async () => {
    assert.deepEqual(await wait(() => true, { askForSeconds: 0.3, load: 3600 }), {
      state: "failed",
      detail: "the server does not answer: no way leads there; its pod is ready, and it was asked for 0.3 s",
    });
  });

  it("asks anew a server whose pod was not ready in between, and ends when the load's time is over", async () => {
    const { state, detail } = await wait((look) => look % 2 === 0, { askForSeconds: 0.3, load: 1 });
    assert.equal(state, "failed");
    assert.match(detail, /; that took longer than the 1 s that phase "load" has$/);
  });
});
