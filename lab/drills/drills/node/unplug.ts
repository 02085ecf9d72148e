import {
  answered,
  type Clients,
  cardOffered,
  freshPod,
  secondsOf,
  unanswered,
  whileAsked,
} from "../../base/common.ts";
import type { Drill, Finding } from "../../base/drill.ts";
import { until, type World } from "../../world/index.ts";
import { drainNode, uncordon } from "./drain.ts";

export const unplug: Drill = {
  name: "unplug",
  title:
    "The card is taken from a drained node and given back (drain, unplug, plug, uncordon), and goes without a word",
  usual: 45,
  async run(world) {
    await freshPod(world);
    return whileAsked(world, async (clients) => [
      ...(await forMaintenance(world, clients)),
      ...(await withoutAWord(world, clients)),
      { promise: unanswered, value: await clients.stop(), unit: "requests" },
    ]);
  },
};

async function forMaintenance(world: World, clients: Clients): Promise<Finding[]> {
  let cpu = 0;
  const maintained = await secondsOf(async () => {
    await drainNode(world);
    await world.sandbox.setGpu("gone");
    cpu = await clients.first("cpu", 30);
    await world.sandbox.setGpu("present");
    await cardOffered(world);
    await uncordon(world);
  });
  return [
    answered(cpu),
    {
      requirement: "hot-plug",
      promise: "drained, unplugged, plugged and serving again in less than 3 min",
      value: maintained,
      unit: "s",
      atMost: 180,
    },
  ];
}

/** The server dies of it, as one does that has lost its card, and at each start again until the card is back. */
async function withoutAWord(world: World, clients: Clients): Promise<Finding[]> {
  const told: number[] = [];
  const tells = async (step: string, words: RegExp, act: () => Promise<unknown>): Promise<void> => {
    const says = async (): Promise<boolean> => words.test(await world.gpuMode("status"));
    const acted = await secondsOf(act);
    told.push(acted + (await until(`gpu-mode status tells ${step}`, 60, says)));
  };
  await clients.first("gpu", 30);
  await tells("that the card is away", /^pod +serving .*on, 0 GPU to give.*has no GPU to give/ms, () =>
    world.sandbox.setGpu("gone"),
  );
  await world.behave({ loadSeconds: 1, endsWith: 1 });
  await tells("that the server has ended", /^pod +failed: the server ended .*on, 0 GPU to give/ms, () =>
    world.killServer(),
  );
  await world.behave({ loadSeconds: 3 });
  await tells("that the card is back", /on, 1 GPU to give/, () => world.sandbox.setGpu("present"));
  const back = await secondsOf(async () => {
    await world.gpuMode("ml");
    await world.serving();
  });
  return [
    {
      promise: "a card that goes without a word: gpu-mode status tells each step within 20 s",
      value: Math.max(...told),
      unit: "s",
      // The kubelet tells of its card every 10 s, and a look takes up to some seconds.
      atMost: 20,
    },
    {
      requirement: "hot-plug",
      promise: "the card is back: gpu-mode ml has it serving in less than 3 min",
      value: back,
      unit: "s",
      atMost: 180,
    },
  ];
}
