// Does NOT prove that a real kubelet words its statuses this way: they are compared with what is documented of it.
import assert from "node:assert/strict";
import type { CoreV1Event, V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { listed } from "../support/live.ts";
import { eventually, kubectlOn, startedSandbox } from "../support/sandbox.ts";

const namespace = "scenarios";

const gpuPod = (name: string, more: object = {}): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: {
    runtimeClassName: "nvidia",
    nodeSelector: { "nvidia.com/gpu": "true" },
    tolerations: [{ key: "gpu", operator: "Equal", value: "true", effect: "NoSchedule" }],
    containers: [
      {
        name: "vllm",
        image: "vllm/vllm-openai:v0.5.5",
        startupProbe: { httpGet: { path: "/health", port: 8000 } },
        resources: { limits: { "nvidia.com/gpu": "1" } },
      },
    ],
    ...more,
  },
});

describe("sandbox scenarios", () => {
  let sandbox: Sandbox;

  before(async function () {
    this.timeout(600_000);
    sandbox = await startedSandbox("unhurried");
    await kubectlOn(sandbox, ["create", "namespace", namespace]);
  });

  afterEach(async () => {
    await sandbox.setScenario({ name: "healthy" });
    await kubectlOn(sandbox, ["delete", "pods", "--all", "-n", namespace, "--wait"]);
  });

  after(() => sandbox?.remove());

  async function readPod(name: string): Promise<V1Pod> {
    const pods = await listed(sandbox, ["pods"], { namespace });
    const pod = pods.find(({ metadata }) => metadata.name === name);
    return (pod ?? assert.fail(`there is no pod ${name}`)) as unknown as V1Pod;
  }

  async function events(name: string): Promise<string[]> {
    const events = (await listed(sandbox, ["events"], { namespace })) as unknown as CoreV1Event[];
    return events
      .filter(({ involvedObject }) => involvedObject.name === name)
      .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  }

  /** The pod's first container once it is in the state that `reached` describes. */
  async function container(
    name: string,
    reached: (status: V1ContainerStatus) => boolean,
  ): Promise<V1ContainerStatus> {
    return eventually(20, async () => {
      const status = (await readPod(name)).status?.containerStatuses?.[0];
      return status !== undefined && reached(status) ? status : undefined;
    });
  }

  const isReady = (pod: V1Pod): boolean =>
    pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;

  async function create(name: string, more?: object): Promise<void> {
    await kubectlOn(sandbox, ["apply", "-f", "-"], JSON.stringify(gpuPod(name, more)));
  }

  it("a healthy pod is pulled, runs unready while it loads, then is ready and ends when deleted", async () => {
    await sandbox.setScenario({ name: "healthy", loadSeconds: 1.5, stopSeconds: 5 });
    await create("healthy");
    const loading = await container("healthy", (status) => status.state?.running !== undefined);
    assert.deepEqual([loading.ready, loading.started, loading.restartCount], [false, false, 0]);
    const pod = await eventually(20, async () => {
      const now = await readPod("healthy");
      return isReady(now) ? now : undefined;
    });
    assert.equal(pod.status?.phase, "Running");
    assert.equal(pod.spec?.nodeName, "k3s-gpu-worker");
    assert.equal(pod.status?.hostIP, "192.168.0.25");
    assert.match(pod.status?.podIP ?? "", /^\d+\.\d+\.\d+\.\d+$/);
    assert.equal(pod.status?.containerStatuses?.[0]?.started, true);
    assert.match(
      pod.status?.containerStatuses?.[0]?.imageID ?? "",
      /^docker\.io\/vllm\/vllm-openai@sha256:[0-9a-f]{64}$/,
    );
    assert.match(
      await kubectlOn(sandbox, ["logs", "healthy", "-n", namespace]),
      /simulated by the vllm-platform sandbox/,
    );
    await kubectlOn(sandbox, ["delete", "pod", "healthy", "-n", namespace, "--wait=false"]);
    assert.notEqual((await readPod("healthy")).metadata?.deletionTimestamp, undefined);
    await kubectlOn(sandbox, ["wait", "--for=delete", "pod/healthy", "-n", namespace, "--timeout=20s"]);
  });

  it("image-missing: ErrImagePull, then ImagePullBackOff with the registry's message", async () => {
    await sandbox.setScenario({ name: "image-missing" });
    await create("missing");
    const status = await container("missing", ({ state }) => state?.waiting?.reason === "ImagePullBackOff");
    assert.equal(
      status.state?.waiting?.message,
      'Back-off pulling image "vllm/vllm-openai:v0.5.5": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/vllm/vllm-openai:v0.5.5": failed to resolve reference "docker.io/vllm/vllm-openai:v0.5.5": docker.io/vllm/vllm-openai:v0.5.5: not found',
    );
    assert.equal((await readPod("missing")).status?.phase, "Pending");
  });

  it("init containers come first, and their image is pulled first", async () => {
    await sandbox.setScenario({ name: "image-missing" });
    await create("prepared", { initContainers: [{ name: "first", image: "vllm/vllm-openai:v0.5.5" }] });
    const pod = await eventually(20, async () => {
      const now = await readPod("prepared");
      const reason = now.status?.initContainerStatuses?.[0]?.state?.waiting?.reason;
      return reason === "ImagePullBackOff" ? now : undefined;
    });
    assert.equal(pod.status?.containerStatuses?.[0]?.state?.waiting?.reason, "PodInitializing");
    const initialised = pod.status?.conditions?.find(({ type }) => type === "Initialized");
    assert.deepEqual(
      [initialised?.status, initialised?.message],
      ["False", "containers with incomplete status: [first]"],
    );
    await sandbox.setScenario({ name: "healthy", loadSeconds: 0.2 });
    await container("prepared", ({ ready }) => ready);
    const first = (await readPod("prepared")).status?.initContainerStatuses?.[0];
    assert.deepEqual([first?.state?.terminated?.exitCode, first?.ready], [0, true]);
  });

  it("a pod whose image has come meanwhile recovers", async () => {
    await sandbox.setScenario({ name: "image-missing" });
    await create("recovers");
    await container("recovers", ({ state }) => state?.waiting?.reason === "ImagePullBackOff");
    await sandbox.setScenario({ name: "healthy", loadSeconds: 0.2 });
    await container("recovers", ({ ready }) => ready);
  });

  it("crash-loop: ends, restarts, backs off; the log says why", async () => {
    await sandbox.setScenario({ name: "crash-loop", exitCode: 3, runSeconds: 0.3, backOffSeconds: 5 });
    await create("crashes");
    const status = await container("crashes", ({ state }) => state?.waiting?.reason === "CrashLoopBackOff");
    assert.match(
      status.state?.waiting?.message ?? "",
      /^back-off 10s restarting failed container=vllm pod=crashes_scenarios\(/,
    );
    assert.equal(status.lastState?.terminated?.exitCode, 3);
    assert.equal(status.lastState?.terminated?.reason, "Error");
    assert.deepEqual([status.ready, status.started, status.restartCount], [false, false, 1]);
    assert.equal(isReady(await readPod("crashes")), false);
    assert.match(
      await kubectlOn(sandbox, ["logs", "crashes", "-n", namespace]),
      /torch\.OutOfMemoryError: CUDA out of memory/,
    );
    await container("crashes", ({ restartCount }) => restartCount >= 2);
  });

  it("a ready pod that begins to crash is ready no more", async () => {
    await sandbox.setScenario({ name: "healthy", loadSeconds: 0.1 });
    await create("falls");
    await container("falls", ({ ready }) => ready);
    await sandbox.setScenario({ name: "crash-loop", runSeconds: 0.1 });
    await container("falls", ({ state }) => state?.waiting?.reason === "CrashLoopBackOff");
    assert.equal(isReady(await readPod("falls")), false);
  });

  it("out-of-memory: OOMKilled with exit code 137", async () => {
    await sandbox.setScenario({ name: "out-of-memory", runSeconds: 0.2 });
    await create("killed");
    const status = await container("killed", ({ lastState }) => lastState?.terminated !== undefined);
    assert.deepEqual(
      [status.lastState?.terminated?.reason, status.lastState?.terminated?.exitCode],
      ["OOMKilled", 137],
    );
  });

  it("never-ready: runs, and is not ready", async () => {
    await sandbox.setScenario({ name: "never-ready", loadSeconds: 0.1 });
    await create("stuck");
    assert.equal((await container("stuck", ({ state }) => state?.running !== undefined)).ready, false);
    assert.equal(isReady(await readPod("stuck")), false);
  });

  it("a GPU node that is off: Unknown, tainted, its pods not ready, its lease left; on again, all recovers", async () => {
    await sandbox.setScenario({ name: "healthy", loadSeconds: 0.1 });
    await create("on-the-node");
    await container("on-the-node", ({ ready }) => ready);
    await sandbox.setGpuNodePower("off");
    const condition = "-o=jsonpath={.status.conditions[?(@.type=='Ready')].status}";
    assert.equal(await kubectlOn(sandbox, ["get", "node", "k3s-gpu-worker", condition]), "Unknown");
    assert.equal(isReady(await readPod("on-the-node")), false);
    const late = JSON.stringify([
      { op: "test", path: "/metadata/labels/type", value: "kwok" },
      { op: "replace", path: "/status/conditions/0/status", value: "True" },
    ]);
    await assert.rejects(
      kubectlOn(sandbox, [
        ...["patch", "node", "k3s-gpu-worker", "--subresource=status", "--type=json"],
        ...["-p", late],
      ]),
      "a report that arrives late is taken",
    );
    await eventually(20, async () => {
      const taints = await kubectlOn(sandbox, [
        "get",
        "node",
        "k3s-gpu-worker",
        "-o=jsonpath={.spec.taints[*].key}",
      ]);
      return taints.split(" ").includes("node.kubernetes.io/unreachable") ? true : undefined;
    });
    await sandbox.setGpuNodePower("on");
    await eventually(20, async () =>
      (await kubectlOn(sandbox, ["get", "node", "k3s-gpu-worker", condition])) === "True" ? true : undefined,
    );
    await eventually(20, async () => (isReady(await readPod("on-the-node")) ? true : undefined));
  });

  it("a GPU that is gone: the node offers none, and a pod for it stays unscheduled", async () => {
    await sandbox.setGpu("gone");
    await create("waits");
    const message = await eventually(20, async () =>
      (await events("waits")).find((event) => event.startsWith("Warning FailedScheduling: ")),
    );
    assert.match(message, /Insufficient nvidia\.com\/gpu/);
    await sandbox.setGpu("present");
    await eventually(40, async () => (isReady(await readPod("waits")) ? true : undefined));
  });
});
