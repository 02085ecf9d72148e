// Does NOT prove that a cluster shows its objects this way; the engine tests ask a real one.
import assert from "node:assert/strict";
import type { V1ContainerState, V1Deployment, V1EndpointSlice, V1Pod } from "@kubernetes/client-node";
import {
  type PlatformView,
  readyPod,
  servedBy,
  whyNoServer,
} from "../../../../../lab/sandbox/server/platform-view.ts";

const deployment = (
  replicas: number,
  labels: Record<string, string> = { "gpu-mode": "ml" },
): V1Deployment => ({
  metadata: { name: "vllm-server", labels },
  spec: { replicas, selector: {}, template: {} },
});
const pod = (name: string, state: V1ContainerState = {}, ready = false, deletionTimestamp?: Date): V1Pod => ({
  metadata: { name, ...(deletionTimestamp ? { deletionTimestamp } : {}) },
  status: {
    conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    containerStatuses: [{ name: "vllm", image: "", imageID: "", ready, restartCount: 0, state }],
  },
});
const slice = (name: string, ready: boolean | undefined): V1EndpointSlice => ({
  addressType: "IPv4",
  endpoints: [
    { addresses: [], targetRef: { name }, ...(ready === undefined ? {} : { conditions: { ready } }) },
  ],
});
const view = (change: Partial<PlatformView>): PlatformView => ({
  deployment: deployment(1),
  pods: [],
  endpoints: [],
  rule: undefined,
  ...change,
});
const running = { running: {} };

describe("what the sandbox sees of the server", () => {
  const reasons: [PlatformView, string][] = [
    [
      view({ deployment: undefined }),
      "no server is running: Deployment vllm-server does not exist in namespace ml",
    ],
    [
      view({ deployment: deployment(0, { "gpu-mode": "gaming" }) }),
      "no server is running: Deployment vllm-server has 0 replicas (mode gaming)",
    ],
    [view({ deployment: deployment(0, {}) }), "no server is running: Deployment vllm-server has 0 replicas"],
    [view({}), "no server is running: Deployment vllm-server has no pod yet (mode ml)"],
    [view({ pods: [pod("a")] }), "no server is ready: pod a is not scheduled (mode ml)"],
    [view({ pods: [pod("a", running)] }), "no server is ready: pod a is loading (mode ml)"],
    [
      view({ pods: [pod("a", { waiting: { reason: "ImagePullBackOff" } })] }),
      "no server is ready: pod a waits: ImagePullBackOff (mode ml)",
    ],
    [
      view({ pods: [pod("a", { terminated: { exitCode: 1, reason: "OOMKilled" } })] }),
      "no server is ready: pod a has ended: OOMKilled (mode ml)",
    ],
    [view({ pods: [pod("a", running, true, new Date())] }), "no server is ready: pod a is ending (mode ml)"],
    [
      view({ pods: [pod("old", running, true, new Date()), pod("new", running)] }),
      "no server is ready: pod new is loading (mode ml)",
    ],
  ];
  for (const [found, why] of reasons) it(`is told: ${why}`, () => assert.equal(whyNoServer(found), why));

  it("is a pod that is ready and that the Service leads to", () => {
    const pods = [pod("loading", running), pod("ready", running, true)];
    assert.equal(readyPod(view({ pods, endpoints: [slice("ready", true)] }))?.metadata?.name, "ready");
    assert.equal(readyPod(view({ pods, endpoints: [slice("ready", undefined)] }))?.metadata?.name, "ready");
    assert.equal(readyPod(view({ pods, endpoints: [slice("ready", false)] })), undefined);
    assert.equal(readyPod(view({ pods, endpoints: [slice("loading", true)] })), undefined);
    assert.equal(readyPod(view({ pods })), undefined);
  });

  const startedAt = new Date("2026-01-02T03:04:05Z");
  const server = (container: object): V1Pod => ({
    ...pod("a", { running: { startedAt } }, true),
    spec: { containers: [{ name: "vllm", image: "vllm/vllm-openai:v0.5.5", ...container }] },
  });
  const noSecret = async () => assert.fail("a Secret was read");

  it("is served as its arguments, image and start say", async () => {
    const served = await servedBy(
      server({ command: ["vllm", "serve"], args: ["a/b", "--api-key", "k"] }),
      noSecret,
    );
    assert.deepEqual(
      [served?.model, served?.apiKey, served?.version, served?.created],
      ["a/b", "k", "0.5.5", startedAt.getTime() / 1000],
    );
    const version = async (image: string) => (await servedBy(server({ image }), noSecret))?.version;
    assert.equal(await version("vllm@sha256:00"), "0.0.0");
    assert.equal(await version("localhost:5000/vllm:0.9.1@sha256:00"), "0.9.1");
    assert.equal(await servedBy({ spec: { containers: [] } }, noSecret), undefined);
  });

  it("has its API key from the environment or from a Secret; an empty one is none", async () => {
    const key = async (env: object, secret?: string) =>
      (
        await servedBy(server({ env: [{ name: "VLLM_API_KEY", ...env }] }), async (name, field) => {
          assert.deepEqual([name, field], ["a-secret", "key"]);
          return secret;
        })
      )?.apiKey;
    const valueFrom = { secretKeyRef: { name: "a-secret", key: "key" } };
    assert.equal(await key({ value: "plain" }), "plain");
    assert.equal(await key({ value: "" }), undefined);
    assert.equal(await key({ valueFrom }, "from-secret"), "from-secret");
    assert.equal(await key({ valueFrom }, undefined), undefined);
  });
});
