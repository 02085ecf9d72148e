// Does NOT prove how a cluster gets to what is waited for; the engine tests wait for real pods.
import assert from "node:assert/strict";
import { type ClusterApi, UnreachableError } from "../../../../cluster/api/index.ts";
import type { Phase } from "../../../../cluster/readiness/diagnosis.ts";
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

/** A cluster as it is at each look, from 1 on, in which no way leads to the server. */
function cluster(at: (look: number) => { deployment?: object; pods: object[] }): ClusterApi {
  let look = 0;
  return {
    get: async (path: string) => {
      if (path.includes("/nodes")) return { items: [node] };
      if (path.includes("/events")) return { items: [] };
      if (path.includes("/pods")) return { items: at(look).pods };
      look += 1;
      return at(look).deployment ?? deployment;
    },
    connect: async () => {
      throw new UnreachableError("no way leads there");
    },
  } as unknown as ClusterApi;
}

/**
 * Waits where no way leads to the server.
 * @param isReady whether its pod is, at each look
 * @param evicted names of the pods that the node has ended, at each look
 */
function wait(
  isReady: (look: number) => boolean,
  budget: { askForSeconds?: number; load: number },
  evicted: (look: number) => string[] = () => [],
) {
  const message = "Pod ephemeral local storage usage exceeds the total limit of containers 16Gi. ";
  const finished = (name: string) => ({
    ...{ metadata: { name }, spec: { containers: [container], nodeName: "k3s-gpu-worker" } },
    status: { phase: "Failed", reason: "Evicted", message },
  });
  const api = cluster((look) => ({ pods: [...evicted(look).map(finished), pod(isReady(look))] }));
  return waitOn(api, { load: budget.load }, budget.askForSeconds);
}

/** Waits for a server. @param seconds budgets of phases; any other has a minute */
function waitOn(
  api: ClusterApi,
  seconds: Partial<Record<Phase, number>> = {},
  askForSeconds = 0.3,
  report: Parameters<typeof waitUntilServed>[2] = () => {},
) {
  const budgetSeconds = { release: 60, apply: 60, schedule: 60, pull: 60, test: 60, load: 60, ...seconds };
  const promised = { serves: true, servedNames: ["a"], budgetSeconds };
  return waitUntilServed(api, { askForSeconds, promised }, report);
}

describe("the wait for a free GPU", () => {
  const freed = async (look: (number: number) => object[]) => {
    let looks = 0;
    const none = { ...deployment, spec: { ...deployment.spec, replicas: 0 } };
    const api = cluster((number) => {
      looks = number;
      return { deployment: none, pods: look(number) };
    });
    const budgetSeconds = { release: 5, apply: 1, schedule: 1, pull: 1, test: 1, load: 1 };
    const promised = { serves: false, servedNames: [], budgetSeconds };
    return { ...(await waitUntilServed(api, { promised }, () => {})), looks };
  };

  it("does not wait for a pod that its node has ended, whose object stays", async () => {
    const ended = { ...pod(false), status: { phase: "Failed", reason: "Evicted" } };
    assert.equal((await freed(() => [ended])).state, "reached");
  });

  it("waits until a pod is gone that is being deleted, also once its containers have ended", async () => {
    const metadata = { ...pod(false).metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
    const ending = { ...pod(false), metadata, status: { phase: "Succeeded" } };
    const { state, looks } = await freed((number) => (number < 3 ? [ending] : []));
    assert.deepEqual([state, looks >= 3], ["reached", true]);
  });
});

describe("the wait for a server", () => {
  it("ends where its pod is ready and it does not answer, long before a load would be over", async () => {
    assert.deepEqual(await wait(() => true, { askForSeconds: 0.3, load: 3600 }), {
      state: "failed",
      detail: "the server does not answer: no way leads there; its pod is ready, and it was asked for 0.3 s",
    });
  });

  it("ends where the node ends a pod of it for good, but not for one that was ended before", async () => {
    const { state, detail } = await wait(
      () => false,
      { load: 60 },
      (look) => (look < 3 ? ["before"] : ["before", "now"]),
    );
    assert.equal(state, "failed");
    assert.match(detail, /^the server has filled more of the node's disk than it may/);
    assert.match(
      detail,
      /the node has ended pod now: Evicted: Pod ephemeral local storage usage exceeds the total limit/,
    );
  });

  it("ends where its node refuses a second pod of it, as one may be before the node has its card again", async () => {
    const message =
      "Pod was rejected: Allocate failed due to requested number of devices unavailable for nvidia.com/gpu. Requested: 1, Available: 0, which is unexpected";
    const refused = (name: string) => ({
      ...{ metadata: { name }, spec: { containers: [container], nodeName: "k3s-gpu-worker" } },
      status: { phase: "Failed", reason: "UnexpectedAdmissionError", message },
    });
    const ends = (at: (look: number) => string[]) =>
      waitOn(cluster((look) => ({ pods: [...at(look).map(refused), pod(true)] })));
    assert.match(
      (await ends((look) => ["before", "one", "two"].slice(0, look))).detail,
      /^the node does not give the pod the card .*\(the node has ended pod two: UnexpectedAdmissionError: Pod was/,
    );
    assert.match((await ends((look) => ["before", "one"].slice(0, look))).detail, /^the server does not/);
  });

  it("ends when a phase has taken its time in all, although others come in between", async () => {
    const pending = { ...pod(false), spec: { containers: [container] }, status: {} };
    const api = cluster((look) => ({ pods: look % 2 === 0 ? [pending] : [] }));
    const { state, detail } = await waitOn(api, { apply: 1, schedule: 1 });
    assert.equal(state, "failed");
    assert.match(detail, /; that took longer than the 1 s that phase "(apply|schedule)" has$/);
  });

  it("ends where pods are refused for a moment, and not where that is only left of the former mode", async () => {
    const conditions = [{ type: "ReplicaFailure", status: "True", message: "exceeded quota" }];
    const refused = { ...deployment, status: { ...deployment.status, conditions } };
    const waitWhere = (isRefused: (look: number) => boolean) => {
      const api = cluster((look) =>
        isRefused(look) ? { deployment: refused, pods: [] } : { pods: [pod(true)] },
      );
      return waitOn(api);
    };
    assert.match(
      (await waitWhere(() => true)).detail,
      /a ResourceQuota .*\(no pod can be made: exceeded quota\)/,
    );
    assert.match((await waitWhere((look) => look < 3)).detail, /^the server does not answer/);
  });

  it("tells a trouble, and that it has passed", async () => {
    const pulling = (waiting: object) => ({
      ...pod(false),
      status: {
        containerStatuses: [
          { name: "vllm", image: "vllm:1", ready: false, restartCount: 0, state: { waiting } },
        ],
      },
    });
    const creating = pulling({ reason: "ContainerCreating" });
    const failed = pulling({ reason: "ErrImagePull", message: "connection refused" });
    const told: string[] = [];
    const api = cluster((look) => ({ pods: [[creating, failed, failed, creating][look - 1] ?? pod(true)] }));
    await waitOn(api, {}, 0, (phase, detail) => told.push(`${phase}: ${detail}`));
    assert.deepEqual(told, [
      "pull: pulling vllm:1",
      "pull: ErrImagePull: connection refused",
      "pull: pulling vllm:1",
      "load: asking the server",
    ]);
  });

  it("asks anew a server whose pod was not ready in between, and ends when the load's time is over", async () => {
    const { state, detail } = await wait((look) => look % 2 === 0, { askForSeconds: 0.3, load: 1 });
    assert.equal(state, "failed");
    assert.match(detail, /; that took longer than the 1 s that phase "load" has$/);
  });
});
