import { setTimeout as sleep } from "node:timers/promises";
import type { World } from "../world/index.ts";
import { secondsOf, servers } from "./common.ts";
import type { Drill } from "./drill.ts";

/** Every direction, from `ml` back to it. */
const tour = ["r1", "gaming", "ml", "gaming", "r1", "ml"];

export const modeSwitch: Drill = {
  name: "switch",
  title: "gpu-mode in every direction, with servers that load for 5 s",
  usual: 100,
  async run(world) {
    await world.behave({ loadSeconds: 5 });
    await world.serving();
    const watch = watchRuntime(world);
    const seconds: Record<"gaming" | "model", number[]> = { gaming: [], model: [] };
    for (const mode of tour) {
      seconds[mode === "gaming" ? "gaming" : "model"].push(await secondsOf(() => world.gpuMode(mode)));
    }
    const { most, looks } = await watch.stop();
    await world.behave({ loadSeconds: 3 });
    return [
      {
        requirement: "gaming",
        promise: "the GPU is free for games in less than 30 s",
        value: Math.max(...seconds.gaming),
        unit: "s",
        atMost: 30,
      },
      {
        requirement: "switch",
        promise: "another model serves in less than 2 min",
        value: Math.max(...seconds.model),
        unit: "s",
        atMost: 120,
      },
      { promise: "the GPU is held by one container at a time", value: most, unit: "containers", atMost: 1 },
      { promise: "looks at containerd, one each 50 ms", value: looks, unit: "looks" },
    ];
  },
};

interface Watch {
  stop(): Promise<{ most: number; looks: number }>;
}

/** Counts the containers with the card, from their creation until containerd has let go of them. */
function watchRuntime(world: World): Watch {
  const abort = new AbortController();
  const watching = (async () => {
    let [most, looks] = [0, 0];
    while (!abort.signal.aborted) {
      most = Math.max(most, (await servers(world)).length);
      looks += 1;
      await sleep(50);
    }
    return { most, looks };
  })();
  return {
    stop() {
      abort.abort();
      return watching;
    },
  };
}
