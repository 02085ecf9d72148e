import { setTimeout as sleep } from "node:timers/promises";
import { gpuNode as node } from "../../../sandbox/simulation/index.ts";
import { renew, restarts, secondsOf, servers } from "../../base/common.ts";
import type { Drill, Finding } from "../../base/drill.ts";
import { until, type World } from "../../world/index.ts";

const drained = (when: string, seconds: number): Finding => ({
  requirement: "drain",
  promise: `the node is drained in less than 30 s${when}`,
  value: seconds,
  unit: "s",
  atMost: 30,
});

export const drain: Drill = {
  name: "drain",
  title:
    "The node is drained while the server serves, loads, or crashes again and again (short form: serves)",
  usual: 15,
  usualInFull: 45,
  async run(world, { short }) {
    await world.behave({ loadSeconds: 3 });
    await world.serving();
    const serving = await drainNode(world);
    const clean = (await servers(world)).length;
    const back = await uncordon(world);
    return [
      drained("", serving),
      { promise: "then containerd runs no server", value: clean, unit: "containers", atMost: 0 },
      {
        promise: "serving again after kubectl uncordon in less than 3 min",
        value: back,
        unit: "s",
        atMost: 180,
      },
      ...(short ? [] : await withoutServer(world)),
    ];
  },
};

async function withoutServer(world: World): Promise<Finding[]> {
  // The next pod loads for longer than a drain may take.
  await world.behave({ loadSeconds: 60 });
  await renew(world, (await world.serverPods())[0]);
  await sleep(3_000);
  const loading = await drainNode(world);
  await world.behave({ loadSeconds: 1, endsWith: 1 });
  await world.kubectl(["uncordon", node]);
  await until("it crashes again and again", 90, async () => (await restarts(world)) > 1);
  const crashing = await drainNode(world);
  await world.behave({ loadSeconds: 3 });
  await uncordon(world);
  return [drained(", also while the server loads", loading), drained(", also in a crash loop", crashing)];
}

/** @returns the seconds that it takes, as the next one does */
export function drainNode(world: World): Promise<number> {
  const options = ["--ignore-daemonsets", "--delete-emptydir-data", "--timeout=90s"];
  return secondsOf(() => world.kubectl(["drain", node, ...options]));
}

export function uncordon(world: World): Promise<number> {
  return secondsOf(async () => {
    await world.kubectl(["uncordon", node]);
    await world.serving();
  });
}
