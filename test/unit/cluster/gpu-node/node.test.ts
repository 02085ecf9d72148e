// Does NOT prove that a real node says so in time: a lost one counts as on for the cluster's grace of 40 s.
import assert from "node:assert/strict";
import { ApiError, type ClusterApi, UnreachableError } from "../../../../cluster/api/index.ts";
import { type GpuNode, gpuNodeOf, readGpuNodeObjects, whyNoGpu } from "../../../../cluster/gpu-node/node.ts";
import { planFromFiles } from "../../../../stacks/index.ts";

const node = (change: Partial<GpuNode> = {}): GpuNode => ({
  name: "nuc",
  ready: true,
  allocatable: 1,
  heldBy: [],
  ...change,
});

describe("the GPU node", () => {
  it("can give its GPU, and the reasons for which it cannot are told in words", () => {
    assert.equal(whyNoGpu([node()], 1), undefined);
    assert.equal(whyNoGpu([], 1), "the cluster has no node with the GPU's label");
    assert.equal(whyNoGpu([node({ ready: false })], 1), "GPU node nuc is off");
    assert.equal(whyNoGpu([node({ allocatable: 0 })], 1), "GPU node nuc is on, but has no GPU to give");
    assert.equal(whyNoGpu([node()], 2), "GPU node nuc has 1 to give of the 2 GPUs that are needed");
    const heldBy = [{ pod: "default/training", gpus: 1 }];
    assert.equal(whyNoGpu([node({ heldBy })], 1), "pod default/training holds the GPU of node nuc");
    assert.equal(whyNoGpu([node({ allocatable: 2, heldBy })], 1), undefined);
    assert.equal(whyNoGpu([node({ heldBy: "unknown" })], 1), undefined);
  });

  it("counts a shared card as one, which a pod of others holds as a whole", () => {
    const shared = (given: string, replicas: string) =>
      gpuNodeOf({
        metadata: { name: "nuc", labels: { "nvidia.com/gpu.replicas": replicas } },
        status: {
          conditions: [{ type: "Ready", status: "True" }],
          allocatable: { "nvidia.com/gpu": given },
        },
      });
    assert.equal(whyNoGpu([shared("4", "4")], 1), undefined);
    assert.equal(
      whyNoGpu([shared("4", "4")], 2),
      "GPU node nuc has 1 to give of the 2 GPUs that are needed; a card shared 4 times is one card, as its memory is there once",
    );
    assert.equal(whyNoGpu([shared("8", "4")], 2), undefined);
    const heldBy = [{ pod: "media/transcoder", gpus: 1 }];
    assert.equal(
      whyNoGpu([{ ...shared("4", "4"), heldBy }], 1),
      "pod media/transcoder holds the GPU of node nuc",
    );
    assert.equal(whyNoGpu([shared("2", "1")], 2), undefined);
  });

  it("counts one that is ready among several", () => {
    assert.equal(whyNoGpu([node({ ready: false }), node()], 1), undefined);
  });

  const plan = planFromFiles(`${import.meta.dirname}/../../../..`, "ml");
  const pod = (namespace: string, name: string, labels: object, phase: string) => ({
    metadata: { namespace, name, labels },
    spec: { containers: [{ resources: { limits: { "nvidia.com/gpu": "1" } } }, {}] },
    status: { phase },
  });
  const api = (pods: () => Promise<object>): ClusterApi => {
    const get = async (path: string): Promise<unknown> =>
      path.startsWith("/api/v1/nodes?labelSelector=nvidia.com%2Fgpu%3Dtrue")
        ? {
            items: [
              {
                metadata: { name: "nuc" },
                status: {
                  conditions: [{ type: "Ready", status: "True" }],
                  allocatable: { "nvidia.com/gpu": "1" },
                },
              },
            ],
          }
        : pods();
    return { server: "https://cluster", get } as unknown as ClusterApi;
  };

  const readGpuNodes = async (...asked: Parameters<typeof readGpuNodeObjects>): Promise<GpuNode[]> =>
    (await readGpuNodeObjects(...asked)).map(({ gpuNode }) => gpuNode);

  it("is held by pods of others that run, not by the server's own nor by finished ones", async () => {
    const found = await readGpuNodes(
      api(async () => ({
        items: [
          pod("ml", "vllm-server-1", { app: "vllm-server" }, "Running"),
          pod("default", "done", {}, "Succeeded"),
          pod("default", "training", {}, "Running"),
        ],
      })),
      plan,
    );
    assert.deepEqual(found, [node({ heldBy: [{ pod: "default/training", gpus: 1 }] })]);
    const training = pod("default", "training", {}, "Running");
    const endsBy = "2026-11-27T12:00:00Z";
    const ending = { ...training, metadata: { ...training.metadata, deletionTimestamp: endsBy } };
    const left = await readGpuNodes(
      api(async () => ({ items: [ending] })),
      plan,
    );
    assert.deepEqual(left, [node({ heldBy: [{ pod: "default/training", gpus: 1, endsBy }] })]);
    assert.equal(
      whyNoGpu(left, 1),
      "pod default/training (ending, due by 2026-11-27T12:00:00Z) holds the GPU of node nuc",
    );
  });

  it("is held by nobody knows whom where all namespaces may not be read; other errors are errors", async () => {
    const forbidden = api(async () => Promise.reject(new ApiError(403, "Forbidden", "no")));
    assert.deepEqual(await readGpuNodes(forbidden, plan), [node({ heldBy: "unknown" })]);
    const broken = api(async () => Promise.reject(new UnreachableError("no")));
    await assert.rejects(readGpuNodes(broken, plan), /no/);
  });
});
