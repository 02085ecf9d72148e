// Does not prove that a real cluster reports these states; the engine tests' scenarios do that.
import assert from "node:assert/strict";
import type { V1Deployment, V1Node, V1Pod } from "@kubernetes/client-node";
import { diagnose } from "../../../cluster/diagnosis.ts";
import { recogniseFailure } from "../../../cluster/known-failures.ts";

const container = { name: "vllm", image: "vllm:1", args: ["--model", "m"] };

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
      assert.equal(verdict.state === "failed" && verdict.detail, "the pod fits on no node: no GPU");
    }
    assert.equal(diagnose({ deployment: deployment(2), pods: [ready], nodes }).state, "waiting");
    assert.equal(diagnose({ deployment: deployment(2), pods: [ready, ready], nodes }).state, "settled");
  });

  it("fails at once where no pod can be made, and says the controller's reason", () => {
    const refused = deployment(1, {
      observedGeneration: 1,
      conditions: [{ type: "ReplicaFailure", status: "True", message: 'RuntimeClass "nvidia" not found' }],
    });
    const verdict = diagnose({ deployment: refused, pods: [], nodes });
    assert.equal(verdict.state, "failed");
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
    ];
    for (const [state, extra, expected] of cases) {
      const verdict = diagnose({ deployment: deployment(1), pods: [pod(status(state, extra))], nodes });
      assert.equal(verdict.state, "failed");
      assert.match(verdict.state === "failed" ? verdict.detail : "", expected);
    }
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

describe("known failures", () => {
  it("are recognised by upstream's own words, and unknown ones are not guessed at", () => {
    assert.match(
      recogniseFailure("nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.8")
        ?.meaning ?? "",
      /newer CUDA/,
    );
    assert.equal(recogniseFailure("something never seen"), undefined);
  });
});
