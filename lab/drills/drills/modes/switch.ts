import type { Request } from "../../../clients/index.ts";
import { whileUsed } from "../../base/clients.ts";
import { nobodyLeft, secondsOf } from "../../base/common.ts";
import type { Drill, Finding } from "../../base/drill.ts";
import { heldByOne, whileHolding } from "../../base/watch.ts";
import type { World } from "../../world/index.ts";

/** Every direction, from `ml` back to it. */
const tour = ["r1", "gaming", "ml", "gaming", "r1", "ml"];

/** So that a stream takes 8 s, which is less than the 18 s that a pod has for what it has begun. */
const wordSeconds = 0.4;

export const modeSwitch: Drill = {
  name: "switch",
  title: "gpu-mode in every direction, with servers that load for 5 s, while clients ask",
  usual: 120,
  async run(world) {
    await world.behave({ loadSeconds: 5, wordSeconds });
    await world.serving();
    const asked: number[] = [];
    return whileUsed(
      world,
      () => goRound(world, asked),
      (requests) => underWay(requests, asked),
    );
  },
};

/** @param asked gets each moment at which a pod was told to end, in milliseconds since 1970 */
async function goRound(world: World, asked: number[]): Promise<Finding[]> {
  const seconds: Record<"gaming" | "model", number[]> = { gaming: [], model: [] };
  const { most, looks } = await whileHolding(world, async () => {
    for (const mode of tour) {
      const serves = await world.hasEndpoint();
      const [took] = await Promise.all([
        secondsOf(() => world.gpuMode(mode)),
        serves && nobodyLeft(world).then(() => asked.push(Date.now())),
      ]);
      seconds[mode === "gaming" ? "gaming" : "model"].push(took);
    }
  });
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
    heldByOne(most),
    { promise: "looks at containerd, one each 50 ms", value: looks, unit: "looks" },
  ];
}

/** What became of the streams of the GPU that were under way when their pod was told to end. @throws Error where none was */
function underWay(requests: readonly Request[], asked: readonly number[]): Finding[] {
  const streams = requests.filter(
    ({ kind, by, began, ended }) =>
      kind === "stream" && by !== "cpu" && asked.some((moment) => began < moment && moment < ended),
  );
  if (streams.length === 0) throw new Error("no stream was under way when a pod was told to end");
  const whole = streams.filter(({ end }) => end === "answered").length;
  return [
    {
      promise: "streams of 8 s that were under way when their pod was told to end",
      value: streams.length,
      unit: "streams",
    },
    { promise: "of these, those that were cut", value: streams.length - whole, unit: "streams", atMost: 0 },
  ];
}
