// Does NOT prove what an API server makes of what is applied and patched; test/faults/gpu-mode-broken-files.test.ts does.
import assert from "node:assert/strict";
import type { ClusterApi, LiveObject } from "../../../../cluster/api/index.ts";
import type { ManagedFields } from "../../../../cluster/api/managed-fields.ts";
import { type Claim, claimData, holderOf } from "../../../../cluster/claim/index.ts";
import { releaseAtOnce, releaseUnplanned, withoutReplicas } from "../../../../cluster/readiness/free-gpu.ts";
import { promisedFree } from "../../../../cluster/readiness/goal.ts";
import { waitUntilServed } from "../../../../cluster/readiness/wait.ts";
import { ownerLabels } from "../../../../stacks/vocabulary/names.ts";

const metadata = { uid: "1", resourceVersion: "1" };
const applied: ManagedFields = {
  manager: "vllm-platform",
  operation: "Apply",
  fieldsV1: {
    "f:metadata": { "f:labels": { "f:gpu-mode": {} }, "f:annotations": { "f:vllm-platform/switch": {} } },
    "f:spec": { "f:replicas": {} },
  },
};
const deployment = (change: object = {}): LiveObject => ({
  metadata: {
    ...metadata,
    name: "vllm-server",
    labels: { ...ownerLabels, "gpu-mode": "ml" },
    annotations: { "vllm-platform/switch": "4", theirs: "x" },
    managedFields: [applied],
    ...change,
  },
  spec: { replicas: 1 },
});
const byHand = { labels: {}, managedFields: [{ ...applied, manager: "kubectl", operation: "Update" }] };
const ml: Claim = {
  mode: "ml",
  stack: "ml",
  model: "some/model",
  since: "2026-01-01T00:00:00.000Z",
  switchNumber: 4,
  planHash: "abc",
  source: { commit: "c", committed: "" },
};
const claimOf = (claim: Claim): LiveObject => ({
  metadata: { ...metadata, name: "gpu-mode", labels: { ...ownerLabels } },
  data: claimData(claim),
});

/** An API server with two objects, and what is written to it. */
function cluster(claim: LiveObject | undefined, live: LiveObject | undefined) {
  const written: { path: string; body: object }[] = [];
  const write = async (path: string, body: object) => void written.push({ path, body });
  const api = {
    get: async (path: string) => (path.endsWith("/configmaps/gpu-mode") ? claim : live),
    apply: write,
    patch: write,
  } as unknown as ClusterApi;
  return { api, written };
}

describe("a release ahead of the engine", () => {
  it("claims first, then names the new switch in the Deployment, which an older wait then sees", async () => {
    const { api, written } = cluster(claimOf(ml), deployment());
    const next = { ...ml, mode: "gaming", stack: "gaming", switchNumber: 5 };
    assert.equal(await releaseAtOnce(api, next), true);
    assert.deepEqual(
      written.map(({ path }) => path.split("/").at(-1)),
      ["gpu-mode", "vllm-server"],
    );
    const stopped = written[1]?.body as LiveObject;
    assert.equal(stopped.metadata.labels?.["gpu-mode"], "gaming");
    assert.deepEqual(stopped.metadata.annotations, { "vllm-platform/switch": "5" });
    assert.deepEqual(stopped.spec, { replicas: 0 });
    const { claim, warnings } = holderOf(claimOf(next), stopped);
    assert.deepEqual({ claim, warnings }, { claim: next, warnings: [] });
    assert.deepEqual(
      await waitUntilServed(
        {
          get: async (path: string) =>
            path.includes("/pods") ? { items: [] } : { ...stopped, spec: { replicas: 0, template: {} } },
        } as unknown as ClusterApi,
        { promised: { ...promisedFree, serves: true, servedNames: ["default"] }, switchNumber: 4 },
        () => {},
      ),
      { state: "superseded", detail: "mode gaming has taken the GPU" },
    );
  });

  it("changes nothing where one of the two is not the platform's", async () => {
    const others = { metadata: { ...metadata, name: "gpu-mode" }, data: {} };
    for (const [claim, live] of [
      [undefined, undefined],
      [undefined, deployment(byHand)],
      [others, deployment()],
    ] as const) {
      const { api, written } = cluster(claim, live);
      assert.equal(await releaseAtOnce(api, ml), false);
      assert.deepEqual(written, []);
    }
  });

  it("keeps what the Deployment names where only its replicas are put back", () => {
    const kept = withoutReplicas(deployment()) as LiveObject;
    assert.equal(kept.metadata.labels?.["gpu-mode"], "ml");
    assert.deepEqual(kept.spec, { replicas: 0 });
  });
});

describe("a release without a plan", () => {
  const gaming = { mode: "gaming", source: async () => ({ commit: "d", committed: "" }) };

  it("is the next switch, of a plan that nobody knows", async () => {
    const { api, written } = cluster(claimOf(ml), deployment());
    const asked = await releaseUnplanned(api, gaming);
    assert.equal(asked.state, "asked");
    const { claim } = asked as Extract<typeof asked, { state: "asked" }>;
    const { mode, stack, model, switchNumber, planHash } = claim;
    assert.deepEqual(
      { mode, stack, model, switchNumber, planHash },
      { mode: "gaming", stack: "gaming", model: "", switchNumber: 5, planHash: "unknown" },
    );
    assert.deepEqual((written[0]?.body as LiveObject | undefined)?.data, claimData(claim));
  });

  it("repeats the claim of the mode that has the GPU already", async () => {
    const own = { ...ml, mode: "gaming", stack: "gaming", model: "" };
    const { api, written } = cluster(claimOf(own), deployment({ labels: { "gpu-mode": "gaming" } }));
    await releaseUnplanned(api, gaming);
    assert.deepEqual((written[0]?.body as LiveObject | undefined)?.data, claimData(own));
  });

  it("scales what was made with kubectl, and names who else manages it", async () => {
    const hand = cluster(undefined, deployment(byHand));
    await releaseUnplanned(hand.api, gaming);
    assert.deepEqual(hand.written[1], {
      path: "/apis/apps/v1/namespaces/ml/deployments/vllm-server/scale?fieldManager=gpu-mode",
      body: [{ op: "add", path: "/spec/replicas", value: 0 }],
    });
    const helm = { ...byHand, annotations: { "meta.helm.sh/release-name": "mine" } };
    const foreign = cluster(undefined, deployment(helm));
    assert.deepEqual(await releaseUnplanned(foreign.api, gaming), {
      state: "foreign",
      manager: "Helm (release mine)",
    });
    assert.deepEqual(foreign.written, []);
  });

  it("leaves a claim alone that another program manages, and does nothing without a Deployment", async () => {
    const claim = claimOf(ml);
    claim.metadata.labels = { "app.kubernetes.io/managed-by": "Helm" };
    const { api, written } = cluster(claim, deployment());
    await releaseUnplanned(api, gaming);
    assert.deepEqual(
      written.map(({ path }) => path.split("/").at(-1)),
      ["vllm-server"],
    );
    const none = cluster(undefined, undefined);
    assert.deepEqual(await releaseUnplanned(none.api, gaming), { state: "nothing" });
    assert.deepEqual(none.written, []);
  });
});

describe("the wait for a release", () => {
  /** A cluster in which somebody scales the server up as often as is said. */
  function scaledUp(times: number) {
    let left = times;
    const written: unknown[] = [];
    const live = deployment({
      managedFields: [
        { ...applied, fieldsV1: { "f:spec": {} } },
        { ...applied, manager: "keda-operator", operation: "Update", subresource: "scale" },
      ],
    });
    const api = {
      get: async (path: string) => {
        if (path.includes("/pods") || path.includes("/horizontalpodautoscalers")) return { items: [] };
        return { ...live, spec: { replicas: left > 0 ? 1 : 0, template: {} } };
      },
      apply: async (_path: string, body: object) => {
        left -= 1;
        written.push(body);
      },
    } as unknown as ClusterApi;
    return { api, written };
  }

  it("puts the replicas back once", async () => {
    const { api, written } = scaledUp(1);
    const lines: string[] = [];
    const { state } = await waitUntilServed(api, { promised: promisedFree }, (...told) =>
      lines.push(told.join(": ")),
    );
    assert.equal(state, "reached");
    assert.equal(written.length, 1);
    assert.match(lines.join(), /^release: .*keda-operator has scaled it to 1 again; putting it back$/);
  });

  it("fails at the second time, with the name of who does it", async () => {
    const { api, written } = scaledUp(9);
    const { state, detail } = await waitUntilServed(api, { promised: promisedFree }, () => {});
    assert.equal(state, "failed");
    assert.match(
      detail,
      /keda-operator has scaled it to 1 again, also after it was put back: stop that first$/,
    );
    assert.equal(written.length, 1);
  });

  it("fails when its time is over, with the pod that stays and why", async () => {
    const metadata = { name: "vllm-1", deletionTimestamp: "2026-01-01T00:00:25Z", finalizers: ["x/y"] };
    const api = {
      get: async (path: string) =>
        path.includes("/pods")
          ? { items: [{ metadata }] }
          : { ...deployment(), spec: { replicas: 0, template: {} } },
    } as unknown as ClusterApi;
    const promised = { ...promisedFree, budgetSeconds: { ...promisedFree.budgetSeconds, release: 0.2 } };
    assert.deepEqual(await waitUntilServed(api, { promised }, () => {}), {
      state: "failed",
      detail:
        'pod vllm-1 was to have ended by 2026-01-01T00:00:25Z and is kept by x/y (its finalizers); that took longer than the 0.2 s that phase "release" has',
    });
    assert.equal(promisedFree.budgetSeconds.release, 30);
  });
});
