// Does not prove that a real cluster reports these states; the engine tests' scenarios do that.
import assert from "node:assert/strict";
import type { V1Deployment, V1Node, V1Pod } from "@kubernetes/client-node";
import { diagnose } from "../../../../cluster/readiness/diagnosis.ts";
import { endedByNode } from "../../../../cluster/readiness/pods.ts";

const container = { name: "vllm", image: "vllm:1", args: ["--model", "m"] };
const test = { name: "smoke-test", image: "vllm:1", command: ["python3", "-c", "1"] };

function deployment(
  replicas: number,
  status: V1Deployment["status"] = { observedGeneration: 1 },
): V1Deployment {
  return {
    metadata: { generation: 1 },
    spec: { replicas, selector: {}, template: { spec: { containers: [container] } } },
    status,
  };
}

function node(ready: boolean, gpus: string): V1Node {
  return {
    metadata: { name: "k3s-gpu-worker" },
    status: {
      conditions: [{ type: "Ready", status: ready ? "True" : "Unknown" }],
      allocatable: { "nvidia.com/gpu": gpus },
    },
  };
}

function pod(status: V1Pod["status"], scheduled = true): V1Pod {
  return {
    metadata: { name: "vllm-server-1" },
    spec: { containers: [container], ...(scheduled ? { nodeName: "k3s-gpu-worker" } : {}) },
    ...(status === undefined ? {} : { status }),
  };
}

const status = (state: object, extra: object = {}) => ({
  containerStatuses: [
    { name: "vllm", image: "vllm:1", imageID: "", ready: false, restartCount: 0, state, ...extra },
  ],
});

describe("diagnosis", () => {
  const nodes = [node(true, "1")];

  it("of gaming waits until the last pod is gone", () => {
    const held = diagnose({ deployment: deployment(0), pods: [pod({})], nodes });
    assert.equal(held.state === "waiting" && held.phase, "release");
    assert.deepEqual(diagnose({ deployment: deployment(0), pods: [], nodes }), { state: "settled" });
  });

  it("tells loading from ready", () => {
    const loading = diagnose({ deployment: deployment(1), pods: [pod(status({ running: {} }))], nodes });
    assert.equal(loading.state === "waiting" && loading.phase, "load");
    const ready = diagnose({
      deployment: deployment(1),
      pods: [pod(status({ running: {} }, { ready: true }))],
      nodes,
    });
    assert.deepEqual(ready, { state: "settled", pod: "vllm-server-1" });
  });

  it("of several servers is that of the one that is not there yet, whatever the order", () => {
    const ready = pod(status({ running: {} }, { ready: true }));
    const lacking = pod(
      { conditions: [{ type: "PodScheduled", status: "False", message: "no GPU" }] },
      false,
    );
    for (const pods of [
      [ready, lacking],
      [lacking, ready],
    ]) {
      const verdict = diagnose({ deployment: deployment(2), pods, nodes });
      // For a moment only, where the scheduler has not seen the former pod's end yet.
      const detail = "the pod fits on no node: no GPU";
      assert.deepEqual(verdict, { state: "failed", detail, doubtful: true });
    }
    assert.equal(diagnose({ deployment: deployment(2), pods: [ready], nodes }).state, "waiting");
    assert.equal(diagnose({ deployment: deployment(2), pods: [ready, ready], nodes }).state, "settled");
  });

  it("fails where no pod can be made, which may be left of the former mode, and says the controller's reason", () => {
    const refused = deployment(1, {
      observedGeneration: 1,
      conditions: [{ type: "ReplicaFailure", status: "True", message: 'RuntimeClass "nvidia" not found' }],
    });
    const verdict = diagnose({ deployment: refused, pods: [], nodes });
    assert.equal(verdict.state, "failed");
    assert.deepEqual(verdict.state === "failed" && [verdict.doubtful, verdict.unmade], [true, true]);
    assert.match(verdict.state === "failed" ? verdict.detail : "", /RuntimeClass "nvidia" not found/);
  });

  it("fails on a missing image, a crash and a lack of memory", () => {
    const cases: [object, object, RegExp][] = [
      [
        { waiting: { reason: "ImagePullBackOff", message: "no such tag" } },
        {},
        /ImagePullBackOff: no such tag/,
      ],
      [
        { waiting: { reason: "CrashLoopBackOff" } },
        { restartCount: 2, lastState: { terminated: { exitCode: 1 } } },
        /exit code 1/,
      ],
      [{ terminated: { exitCode: 137, reason: "OOMKilled" } }, {}, /memoryLimit/],
      [
        { terminated: { exitCode: 143, message: "vllm-platform: requests were cut off: …" } },
        {},
        /^the server ended with exit code 143, a crash all the same: it was told to end, as the kubelet does/,
      ],
      [
        { terminated: { exitCode: 92, message: "vllm-platform: the engine is stuck: for 47 s …\n" } },
        {},
        /^the server ended with exit code 92; it printed: vllm-platform: the engine is stuck: for 47 s …$/,
      ],
    ];
    for (const [state, extra, expected] of cases) {
      const verdict = diagnose({ deployment: deployment(1), pods: [pod(status(state, extra))], nodes });
      assert.equal(verdict.state, "failed");
      assert.match(verdict.state === "failed" ? verdict.detail : "", expected);
    }
  });

  it("tells a server that loads for too long from one that was told to end later", () => {
    const startupProbe = { periodSeconds: 5, failureThreshold: 60 };
    const spec = { containers: [{ ...container, startupProbe }], terminationGracePeriodSeconds: 25 };
    const endedAfter = (seconds: number, exitCode: number) => {
      const startedAt = new Date(0);
      const finishedAt = new Date(seconds * 1000);
      const made = pod(status({ terminated: { exitCode, startedAt, finishedAt } }));
      const pods = [{ ...made, spec: { ...spec, nodeName: "k3s-gpu-worker" } }];
      const verdict = diagnose({ deployment: deployment(1), pods, nodes });
      return verdict.state === "failed" ? verdict.detail : verdict.state;
    };
    const tooLong = (seconds: number) =>
      `the server was ended from outside after ${seconds} s, as the kubelet does where it had not loaded after the 300 s that its startup probe gives it, or does not answer later`;
    for (const [seconds, exitCode] of [
      [296, 0],
      [297, 143],
      [325, 137],
    ] as const) {
      assert.equal(endedAfter(seconds, exitCode), tooLong(seconds));
    }
    assert.match(endedAfter(290, 0), /^the server ended with exit code 0/);
    assert.match(endedAfter(3600, 0), /^the server ended with exit code 0/);
    assert.match(endedAfter(298, 1), /^the server ended with exit code 1$/);
  });

  it("names the pressure on the node, of which the scheduler tells a taint", () => {
    const unscheduled = { conditions: [{ type: "PodScheduled", status: "False", message: "0/2 nodes" }] };
    const pressed = node(true, "1");
    pressed.status?.conditions?.push({ type: "DiskPressure", status: "True" });
    const verdict = diagnose({
      deployment: deployment(1),
      pods: [pod(unscheduled, false)],
      nodes: [pressed],
    });
    assert.equal(
      verdict.state === "failed" && verdict.detail,
      "the pod fits on no node: 0/2 nodes (disk pressure on k3s-gpu-worker)",
    );
  });

  it("waits on after the first failure of a pull, and tells it meanwhile", () => {
    const state = { waiting: { reason: "ErrImagePull", message: "connection refused" } };
    const trouble = "ErrImagePull: connection refused";
    assert.deepEqual(diagnose({ deployment: deployment(1), pods: [pod(status(state))], nodes }), {
      ...{ state: "waiting", phase: "pull", detail: trouble, trouble },
    });
  });

  it("takes a node that is off, or has lost its GPU, for no fault of the platform", () => {
    const unscheduled = { conditions: [{ type: "PodScheduled", status: "False", message: "0/2 nodes" }] };
    for (const away of [node(false, "1"), node(true, "0")]) {
      const verdict = diagnose({ deployment: deployment(1), pods: [pod(unscheduled, false)], nodes: [away] });
      assert.equal(verdict.state, "node-away");
    }
    assert.equal(
      diagnose({ deployment: deployment(1), pods: [pod(unscheduled, false)], nodes }).state,
      "failed",
    );
  });
});

describe("pods that their node has ended", () => {
  const evicted = pod({ phase: "Failed", reason: "Evicted", message: "The node was low on resource. " });

  it("are named with the node's words where they are of what the Deployment says now", () => {
    const finished = [
      evicted,
      pod({ phase: "Failed", reason: "NodeAffinity" }),
      pod({ phase: "Succeeded", message: "Its containers ended with 0." }),
      { ...evicted, spec: { containers: [{ ...container, args: ["--model", "another"] }] } },
    ];
    const found = endedByNode({ deployment: deployment(1), pods: [], finished, nodes: [] });
    assert.deepEqual(found, [
      { pod: "vllm-server-1", why: "Evicted: The node was low on resource.", evicted: true },
      { pod: "vllm-server-1", why: "NodeAffinity", evicted: false },
      {
        pod: "vllm-server-1",
        why: "the node does not say why: Its containers ended with 0.",
        evicted: false,
      },
    ]);
  });
});

describe("diagnosis of a pod with a smoke test", () => {
  const nodes = [node(true, "1")];
  const declared = deployment(1);
  const template = declared.spec?.template.spec;
  assert.ok(template);
  template.initContainers = [test];

  /** The verdict on a pod whose test and server are in these states. */
  function verdictOn(ofTest: object, extra: object = {}, ofServer: object = waitsForTest, nodesSeen = nodes) {
    const made = pod({
      ...status(ofServer),
      initContainerStatuses: [
        {
          ...{ name: "smoke-test", image: "vllm:1", imageID: "", ready: false, restartCount: 0 },
          ...{ state: ofTest, ...extra },
        },
      ],
    });
    assert.ok(made.spec);
    made.spec.initContainers = [test];
    return diagnose({ deployment: declared, pods: [made], nodes: nodesSeen });
  }
  const waitsForTest = { waiting: { reason: "PodInitializing" } };
  const passed = { terminated: { exitCode: 0, reason: "Completed" } };

  it("tells the pull, the test and the load", () => {
    const phases: [object, object, string, string][] = [
      [{ waiting: { reason: "PodInitializing" } }, waitsForTest, "pull", "pulling vllm:1"],
      [{ running: {} }, waitsForTest, "test", "testing CUDA on the GPU"],
      [passed, waitsForTest, "load", "loading the model"],
      [passed, { running: {} }, "load", "loading the model"],
    ];
    for (const [ofTest, ofServer, phase, detail] of phases) {
      const making = phase === "pull" ? { making: "vllm-server-1" } : {};
      assert.deepEqual(verdictOn(ofTest, {}, ofServer), { state: "waiting", phase, detail, ...making });
    }
  });

  it("takes a node that goes away meanwhile for what it is", () => {
    assert.equal(verdictOn({ running: {} }, {}, waitsForTest, [node(true, "0")]).state, "node-away");
  });

  it("fails where the test fails, is tried again, killed or cannot be started, and where its image is missing", () => {
    const ended = { exitCode: 1, reason: "Error" };
    const log = { pod: "vllm-server-1", container: "smoke-test" };
    const detail = "the smoke test of CUDA ended with exit code 1";
    const again = { retried: "vllm-server-1" };
    assert.deepEqual(verdictOn({ terminated: ended }), {
      ...{ state: "failed", detail, ...again },
      log: { ...log, previous: false, restarts: 0 },
    });
    const backingOff = { waiting: { reason: "CrashLoopBackOff" } };
    for (const state of [backingOff, { running: {} }]) {
      assert.deepEqual(verdictOn(state, { restartCount: 1, lastState: { terminated: ended } }), {
        ...{ state: "failed", detail, ...again },
        log: { ...log, previous: true },
      });
    }
    const cases: [object, RegExp][] = [
      [
        { terminated: { exitCode: 137, reason: "OOMKilled" } },
        /smoke test of CUDA was killed: .*memoryLimit/,
      ],
      [
        { terminated: { exitCode: 128, reason: "StartError", message: "nvidia-container-cli: no" } },
        /^the smoke test of CUDA could not be started: nvidia-container-cli: no$/,
      ],
      [
        { waiting: { reason: "ImagePullBackOff", message: "no such tag" } },
        /^ImagePullBackOff: no such tag$/,
      ],
    ];
    for (const [state, expected] of cases) {
      const verdict = verdictOn(state);
      assert.match(verdict.state === "failed" ? verdict.detail : verdict.state, expected);
    }
  });

  it("does not count a pod that was made before the test was switched on or off", () => {
    const ready = pod(status({ running: {} }, { ready: true }));
    assert.equal(diagnose({ deployment: declared, pods: [ready], nodes }).state, "waiting");
    const withTest = { ...ready, spec: { containers: [container], initContainers: [test], nodeName: "n" } };
    assert.equal(diagnose({ deployment: deployment(1), pods: [withTest], nodes }).state, "waiting");
    const injected = { ...ready.spec, containers: [container], initContainers: [{ name: "of-a-mesh" }] };
    assert.equal(
      diagnose({ deployment: deployment(1), pods: [{ ...ready, spec: injected }], nodes }).state,
      "settled",
    );
  });
});
