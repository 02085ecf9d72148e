// Does NOT prove which names an autoscaler of a real cluster writes under; entries are as Kubernetes documents them.
import assert from "node:assert/strict";
import type { V1Pod } from "@kubernetes/client-node";
import type { ClusterApi, LiveObject } from "../../../../cluster/api/index.ts";
import type { ManagedFields } from "../../../../cluster/api/managed-fields.ts";
import { scalerOf, whoScaledUp, whyStaying } from "../../../../cluster/readiness/kept-busy.ts";

const replicas = { "f:spec": { "f:replicas": {} } };
const ours: ManagedFields = { manager: "vllm-platform", operation: "Apply", fieldsV1: { "f:spec": {} } };

function scaledBy(...entries: Partial<ManagedFields>[]): LiveObject {
  const managedFields = entries.map((entry) => ({
    manager: "somebody",
    operation: "Update" as const,
    fieldsV1: replicas,
    ...entry,
  }));
  return {
    metadata: {
      name: "vllm-server",
      uid: "1",
      resourceVersion: "1",
      managedFields: [ours, ...managedFields],
    },
    spec: { replicas: 2 },
  };
}

describe("who scaled the server up", () => {
  const cases: [string, LiveObject, string][] = [
    [
      "an autoscaler, by the controller that works for it",
      scaledBy({ manager: "kube-controller-manager", subresource: "scale" }),
      "a HorizontalPodAutoscaler (by kube-controller-manager)",
    ],
    [
      "the same in k3s",
      scaledBy({ manager: "k3s", subresource: "scale" }),
      "a HorizontalPodAutoscaler (by k3s)",
    ],
    [
      "somebody at a keyboard",
      scaledBy({ manager: "kubectl", subresource: "scale" }),
      "someone with kubectl (kubectl)",
    ],
    [
      "two programs",
      scaledBy({ manager: "argocd-controller", operation: "Apply" }, { manager: "keda" }),
      "argocd-controller and keda",
    ],
    [
      "an update of the platform itself",
      scaledBy({ manager: "vllm-platform", operation: "Apply" }),
      "another update of the platform, which was still under way,",
    ],
    [
      "nobody whom the cluster names",
      scaledBy({ fieldsV1: { "f:spec": { "f:template": {} } } }),
      "someone whom the cluster does not name",
    ],
  ];
  for (const [what, live, words] of cases) {
    it(`is ${what}`, () => {
      assert.equal(scalerOf(live), words);
    });
  }

  it("is told with the autoscalers that are set on it, where these may be read", async () => {
    const autoscaler = (name: string, target: string, owners: object[] = []) => ({
      metadata: { name, ownerReferences: owners },
      spec: { scaleTargetRef: { kind: "Deployment", name: target } },
    });
    const items = [
      autoscaler("others", "ollama"),
      autoscaler("keda-hpa-vllm", "vllm-server", [{ kind: "ScaledObject", name: "vllm" }]),
    ];
    const live = scaledBy({ manager: "keda-operator", subresource: "scale" });
    const told = (get: () => Promise<unknown>) => whoScaledUp({ get } as unknown as ClusterApi, live);
    const who = "Deployment vllm-server was set to 0 replicas, and keda-operator has scaled it to 2 again";
    assert.equal(
      await told(async () => ({ items })),
      `${who}; HorizontalPodAutoscaler/keda-hpa-vllm (of ScaledObject/vllm) is set on it`,
    );
    assert.equal(await told(() => Promise.reject(new Error("forbidden"))), who);
  });
});

describe("why a pod is still there", () => {
  const pod = (metadata: object): V1Pod =>
    ({ metadata: { name: "vllm-1", ...metadata }, spec: { nodeName: "k3s-gpu-worker" } }) as V1Pod;
  const deletionTimestamp = "2026-01-01T00:00:25Z";

  it("names its finalizers, else its node, else that nobody ends it", () => {
    assert.equal(
      whyStaying([pod({ deletionTimestamp, finalizers: ["example.org/backup"] }), pod({})]),
      "pod vllm-1 was to have ended by 2026-01-01T00:00:25Z and is kept by example.org/backup (its finalizers); pod vllm-1 still runs, and nobody has asked for its end: the cluster's controllers do not work",
    );
    assert.equal(
      whyStaying([pod({ deletionTimestamp })]),
      "pod vllm-1 was to have ended by 2026-01-01T00:00:25Z, and node k3s-gpu-worker has not ended it (is it on? Within a minute of silence the cluster takes it for off)",
    );
  });
});
