/** What keeps a pod away from the node: both commands say so before the old mode is ended. */
import { planFromFiles } from "../../../../stacks/index.ts";
import { emptyNode, fillNode } from "../../../node/index.ts";
import { projectRoot, sandboxPaths } from "../../../sandbox/base/paths.ts";
import { gpuNode as node } from "../../../sandbox/simulation/index.ts";
import type { Drill, Finding } from "../../base/drill.ts";
import { bringUp, commands, lastWords, textOf } from "../../base/told.ts";
import { type ServerPod, until, type World } from "../../world/index.ts";

export const diskPressure: Drill = {
  name: "disk-pressure",
  title: "The node's disk is nearly full, and another mode is asked for",
  usual: 25,
  async run(world) {
    const folder = sandboxPaths(world.sandbox.dir).node;
    await world.serving();
    const before = await world.readyPod();
    const findings: Finding[] = [];
    try {
      await fillNode(folder);
      await until("the cluster keeps pods away", 60, async () => /disk-pressure/.test(await taints(world)));
      findings.push(...(await refusals(world, "r1", /node pressure: disk pressure on/)));
    } finally {
      await emptyNode(folder);
    }
    const after = await world.serverPods();
    await until("it does no more", 60, async () => !/disk-pressure/.test(await taints(world)));
    return [
      ...findings,
      {
        promise: "meanwhile the old mode's server is neither ended nor started again",
        value: endsBetween(before, after),
        unit: "ends",
        atMost: 0,
      },
    ];
  },
};

export const foreignPod: Drill = {
  name: "foreign-pod",
  title: "Somebody else's pod has the card and is still ending, and a mode is asked for",
  usual: 35,
  async run(world) {
    await world.gpuMode("gaming");
    try {
      await world.kubectl(["create", "namespace", "games"]);
      await world.kubectl(["apply", "-f", "-"], JSON.stringify(game));
      await world.kubectl(["wait", "--for=condition=Ready", "--timeout=60s", "pod/game", "-n", "games"]);
      await world.kubectl(["delete", "pod", "game", "-n", "games", "--wait=false"]);
      const findings = await refusals(world, "ml", /pod games\/game \(ending, due by [^)]*\) holds the GPU/);
      const claim = ["get", "configmap", "gpu-mode", "-n", "ml", "-o", "jsonpath={.data.mode}"];
      const changed = Number((await world.kubectl(claim)) !== "gaming");
      const promise = "and the old mode stays the active one";
      findings.push({ promise, value: changed, unit: "changes", atMost: 0 });
      return findings;
    } finally {
      await world.kubectl(["delete", "namespace", "games", "--ignore-not-found"]);
      await world.gpuMode("ml");
      await world.serving();
    }
  },
};

function endsBetween(before: ServerPod | undefined, after: readonly ServerPod[]): number {
  if (before === undefined) throw new Error("no server was ready");
  const same = after.find(({ name }) => name === before.name);
  return same === undefined ? 1 : same.restarts - before.restarts;
}

/** Takes its time to end. */
const game = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "game", namespace: "games" },
  spec: {
    runtimeClassName: "nvidia",
    nodeSelector: { "kubernetes.io/hostname": node },
    tolerations: [{ operator: "Exists" }],
    terminationGracePeriodSeconds: 20,
    containers: [
      {
        name: "game",
        image: planFromFiles(projectRoot, "ml").server.image,
        command: ["python3", "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"],
        resources: { limits: { "nvidia.com/gpu": "1" } },
      },
    ],
  },
};

const taints = (world: World): Promise<string> =>
  world.kubectl(["get", "node", node, "-o", "jsonpath={.spec.taints[*].key}"]);

/** Both commands must refuse the mode, and say why. */
async function refusals(world: World, mode: string, told: RegExp): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const command of commands) {
    const outcome = await bringUp(world, command, mode);
    if (outcome.status === 0 || !told.test(textOf(outcome))) {
      throw new Error(`${command} was not refused for ${told}: ${lastWords(outcome)}`);
    }
    findings.push({
      promise: `${command} refuses with the reason within 15 s`,
      value: outcome.seconds,
      unit: "s",
      atMost: 15,
    });
  }
  return findings;
}
