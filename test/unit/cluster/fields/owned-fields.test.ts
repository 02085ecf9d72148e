// Does NOT prove that an API server takes what is applied again for no change; the engine tests do.
import assert from "node:assert/strict";
import { ownedPart } from "../../../../cluster/fields/owned-fields.ts";
import { withoutReplicas } from "../../../../cluster/readiness/free-gpu.ts";

const spec = {
  replicas: 1,
  strategy: { type: "Recreate" },
  template: {
    metadata: { annotations: { theirs: "1" }, labels: { app: "vllm-server" } },
    spec: {
      containers: [
        {
          name: "vllm",
          args: ["--model", "m"],
          imagePullPolicy: "Always",
          ports: [{ containerPort: 8000, protocol: "TCP", name: "http" }],
        },
      ],
      finalizers: ["a", "b"],
      volumes: [{ name: "scratch", emptyDir: {} }],
    },
  },
};

const fields = {
  "f:replicas": {},
  "f:template": {
    "f:metadata": { "f:labels": { "f:app": {} } },
    "f:spec": {
      "f:containers": {
        'k:{"name":"vllm"}': {
          ".": {},
          "f:args": {},
          "f:ports": {
            'k:{"containerPort":8000,"protocol":"TCP"}': { ".": {}, "f:containerPort": {}, "f:name": {} },
          },
        },
      },
      "f:finalizers": { 'v:"b"': {} },
      "f:volumes": { 'k:{"name":"scratch"}': { ".": {}, "f:emptyDir": {}, "f:name": {} } },
    },
  },
};

describe("the part of an object that a manager owns", () => {
  it("is cut out with lists by key and by value, and nothing of others", () => {
    assert.deepEqual(ownedPart(fields, spec), {
      replicas: 1,
      template: {
        metadata: { labels: { app: "vllm-server" } },
        spec: {
          containers: [
            {
              name: "vllm",
              args: ["--model", "m"],
              ports: [{ containerPort: 8000, protocol: "TCP", name: "http" }],
            },
          ],
          finalizers: ["b"],
          volumes: [{ name: "scratch", emptyDir: {} }],
        },
      },
    });
  });

  it("leaves out what is gone, and takes no children that it does not own", () => {
    assert.deepEqual(ownedPart({ "f:gone": {}, "f:map": { ".": {} } }, { map: { theirs: 1 } }), { map: {} });
  });
});

describe("a Deployment without replicas", () => {
  const live = {
    metadata: {
      name: "vllm-server",
      uid: "1",
      resourceVersion: "7",
      labels: { app: "vllm-server", theirs: "1" },
      managedFields: [
        {
          manager: "vllm-platform",
          operation: "Apply" as const,
          fieldsV1: { "f:metadata": { "f:labels": { "f:app": {} } }, "f:spec": fields },
        },
      ],
    },
    spec,
    status: { replicas: 1 },
  };

  it("is what the platform applied, with 0 in place of its replicas, also where someone else scaled it", () => {
    const { "f:replicas": _, ...withoutScale } = fields;
    for (const owned of [fields, withoutScale]) {
      const one = structuredClone(live) as typeof live;
      Object.assign(one.metadata.managedFields[0]?.fieldsV1 ?? {}, { "f:spec": owned });
      const stopped = withoutReplicas(one) as {
        metadata: object;
        spec: { replicas: number; template: object };
      };
      assert.deepEqual(stopped.metadata, {
        name: "vllm-server",
        namespace: "ml",
        labels: { app: "vllm-server" },
      });
      assert.equal(stopped.spec.replicas, 0);
      assert.deepEqual(stopped.spec.template, (ownedPart(fields, spec) as { template: object }).template);
      assert.equal("status" in stopped, false);
    }
  });

  it("is none where the platform never applied it", () => {
    assert.equal(withoutReplicas({ ...live, metadata: { ...live.metadata, managedFields: [] } }), undefined);
  });
});
