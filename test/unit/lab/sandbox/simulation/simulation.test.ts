// Does NOT prove what kwok makes of it; the engine tests watch pods and nodes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { kwokctlConfiguration, simulatedNodeLabel } from "../../../../../lab/sandbox/base/cluster-config.ts";
import { projectRoot } from "../../../../../lab/sandbox/base/paths.ts";
import { type Ports, portNames } from "../../../../../lab/sandbox/base/ports.ts";
import {
  gpuNode,
  readSimulation,
  rememberGpuNode,
  setGpu,
  setGpuNodePower,
  setScenario,
} from "../../../../../lab/sandbox/simulation/index.ts";
import {
  logOf,
  type Scenario,
  scenarioDescriptions,
  scenarioNames,
  smokeTestLogOf,
  stagesOf,
} from "../../../../../lab/sandbox/simulation/scenarios.ts";
import { certificateStages } from "../../../../../lab/sandbox/stages/certificate.ts";
import { nodeStages } from "../../../../../lab/sandbox/stages/node.ts";
import { type Stage, stageLabel } from "../../../../../lab/sandbox/stages/stage.ts";
import { Folder } from "../fixtures.ts";

const delayOf = (stages: readonly Stage[], name: string): number | undefined =>
  (stages.find(({ metadata }) => metadata.name === name)?.spec as { delay: { durationMilliseconds: number } })
    ?.delay.durationMilliseconds;

describe("the scenarios", () => {
  for (const name of scenarioNames) {
    it(`${name} is described, has a log, and stages of different names under the sandbox's label`, () => {
      const stages = [...nodeStages(), ...certificateStages(), ...stagesOf({ name })];
      assert.equal(new Set(stages.map(({ metadata }) => metadata.name)).size, stages.length);
      for (const { metadata } of stages) assert.equal(metadata.labels[stageLabel.key], stageLabel.value);
      assert.ok(scenarioDescriptions[name].length > 20);
      for (const log of [logOf({ name }), smokeTestLogOf({ name })]) {
        assert.match(log[0] ?? "", /simulated by the vllm-platform sandbox/);
      }
    });
  }

  it("report of a node only while its label says that it is on, whenever the report arrives", () => {
    for (const { spec } of nodeStages()) {
      const [{ patch }] = (spec as { steps: [{ patch: { type: string; template: string } }] }).steps;
      assert.equal(patch.type, "json");
      assert.match(patch.template, /^.*\n- { op: test, path: \/metadata\/labels\/type, value: kwok }\n/);
    }
  });

  it("take the times that they are given, in seconds", () => {
    const healthy = stagesOf({ name: "healthy", loadSeconds: 1.5, stopSeconds: 7 });
    assert.equal(delayOf(healthy, "gpu-pod-ready"), 1500);
    assert.equal(delayOf(healthy, "gpu-pod-stopped"), 7000);
    assert.equal(delayOf(stagesOf({ name: "healthy" }), "gpu-pod-ready"), 3000);
    const crash = stagesOf({ name: "crash-loop", runSeconds: 2, backOffSeconds: 9, exitCode: 3 });
    assert.equal(delayOf(crash, "gpu-pod-ended-first"), 2000);
    assert.equal(delayOf(crash, "gpu-pod-restarted-after-back-off"), 9000);
    assert.match(JSON.stringify(crash), /exitCode: 3\b/);
    assert.match(JSON.stringify(stagesOf({ name: "out-of-memory" })), /exitCode: 137\b/);
  });

  it("make a pod ready only where it is to be", () => {
    const ready = (name: Scenario["name"]) => delayOf(stagesOf({ name }), "gpu-pod-ready") !== undefined;
    assert.deepEqual(scenarioNames.filter(ready), ["healthy", "smoke-test-fails", "smoke-test-hangs"]);
    const passes = (name: Scenario["name"]) =>
      delayOf(stagesOf({ name }), "gpu-pod-init-completed") !== undefined;
    assert.deepEqual(
      scenarioNames.filter((name) => !passes(name)),
      ["image-missing", "smoke-test-fails", "smoke-test-hangs"],
    );
  });

  it("take a log of the test's own", () => {
    assert.deepEqual(logOf({ name: "crash-loop", log: ["mine"] }), ["mine"]);
    const failing: Scenario = { name: "smoke-test-fails", log: ["mine"] };
    assert.deepEqual(smokeTestLogOf(failing), ["mine"]);
    assert.deepEqual(logOf(failing), logOf({ name: "healthy" }));
  });
});

describe("the simulated nodes", () => {
  let folder: Folder;
  beforeEach(() => {
    folder = new Folder();
  });
  afterEach(() => folder.remove());

  const world = (
    name: string,
  ): { kind: string; metadata: { name: string; labels: Record<string, string> } }[] =>
    parseAllDocuments(readFileSync(join(projectRoot, "lab/sandbox/world", name), "utf8")).map((one) =>
      one.toJS(),
    );

  it("are the GPU node and another one, both kept alive by kwok", () => {
    const nodes = world("nodes.yaml");
    assert.ok(nodes.some(({ metadata }) => metadata.name === gpuNode));
    assert.equal(nodes.length, 2);
    for (const { metadata } of nodes)
      assert.equal(metadata.labels[simulatedNodeLabel.key], simulatedNodeLabel.value);
    const [gpu] = nodes.filter(({ metadata }) => metadata.name === gpuNode) as unknown as [
      { spec: { taints: object[] }; status: { capacity: object; allocatable: Record<string, string> } },
    ];
    assert.deepEqual(gpu.spec.taints, [{ key: "gpu", value: "true", effect: "NoSchedule" }]);
    assert.equal(gpu.status.allocatable["nvidia.com/gpu"], "1");
  });

  it("come with the RuntimeClass and the issuer that the platform names", () => {
    assert.deepEqual(
      [...world("runtime-class.yaml"), ...world("cluster-issuer.yaml")].map(({ kind, metadata }) => [
        kind,
        metadata.name,
      ]),
      [
        ["RuntimeClass", "nvidia"],
        ["ClusterIssuer", "letsencrypt-prod"],
      ],
    );
  });

  it("stay as they were set over a stop of the sandbox", async () => {
    const access = folder.playKubectl("");
    assert.deepEqual(await readSimulation(access.paths), {
      scenario: { name: "healthy" },
      node: "on",
      gpu: "present",
      gpuNode: "simulated",
    });
    await setGpuNodePower(access, "off");
    await setGpu(access, "gone");
    assert.deepEqual(await readSimulation(access.paths), {
      scenario: { name: "healthy" },
      node: "off",
      gpu: "gone",
      gpuNode: "simulated",
    });
    assert.ok(folder.calls().some((call) => call === `label node ${gpuNode} ${simulatedNodeLabel.key}-`));
    await setGpuNodePower(access, "on");
    assert.equal((await readSimulation(access.paths)).node, "on");
  });

  it("are not to be had where the GPU node is real", async () => {
    const access = folder.playKubectl("");
    await rememberGpuNode(access.paths, "real");
    const refused =
      /cannot be simulated, as the GPU node is real: `npm run stop`, then `npm start -- --node simulated`/;
    await assert.rejects(setGpuNodePower(access, "off"), refused);
    await assert.rejects(setScenario(access, { name: "crash-loop" }), refused);
    assert.deepEqual(folder.calls(), []);
  });
});

describe("what kwokctl is asked for", () => {
  const ports = Object.fromEntries(portNames.map((name, index) => [name, 20_000 + index])) as Ports;
  const executables = {
    etcd: "/t/etcd",
    kubeApiserver: "/t/kube-apiserver",
    kubeControllerManager: "/t/kube-controller-manager",
    kubeScheduler: "/t/kube-scheduler",
    kwok: "/t/kwok",
    kubectl: "/t/kubectl",
  };
  const { options } = kwokctlConfiguration(executables, ports, "/certificates") as {
    options: Record<string, unknown>;
  };

  it("listens on 127.0.0.1 only, at the chosen ports", () => {
    assert.equal(options.bindAddress, "127.0.0.1");
    const used = Object.entries(options).filter(([key]) => key.endsWith("Port"));
    const ofCluster = portNames
      .filter((name) => !["stub", "url", "kubelet"].includes(name))
      .map((name) => ports[name]);
    assert.deepEqual(used.map(([, port]) => port).sort(), ofCluster);
  });

  it("runs the toolchain's executables, so that nothing is downloaded", () => {
    const used = Object.entries(options).filter(([key]) => key.endsWith("Binary"));
    assert.deepEqual(used.map(([, path]) => path).sort(), Object.values(executables).sort());
    assert.equal(options.runtime, "binary");
  });
});
