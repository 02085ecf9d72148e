import { servedBy, until, type World } from "../world/index.ts";
import type { Drill, Finding } from "./drill.ts";

export const serverKilled: Drill = {
  name: "server-killed",
  title: "The server's process is killed",
  usual: 40,
  async run(world) {
    await freshPod(world);
    const clients = askingAllTheTime(world);
    try {
      await world.killServer();
      const [gone, cpu] = await Promise.all([
        until("the Service has nobody left", 30, async () => !(await world.hasEndpoint())),
        clients.first("cpu", 30),
      ]);
      const back = await until("the Service has somebody again", 120, () => world.hasEndpoint());
      const gpu = await clients.first("gpu", 30);
      const failed = await clients.stop();
      return [
        ...away(gone, cpu),
        {
          promise: "the server serves again by itself in less than 2 min",
          value: gone + back,
          unit: "s",
          atMost: 120,
        },
        { promise: "then the gateway leads to the GPU again", value: gpu, unit: "s", atMost: 5 },
        { promise: "requests at the gateway that got no answer of a model", value: failed, unit: "requests" },
      ];
    } finally {
      await clients.stop();
    }
  },
};

export const noticed = "the GPU is away: noticed in less than 10 s";

/** What is promised of a GPU that is away, however it went. */
export const away = (gone: number, cpu: number): Finding[] => [
  { promise: noticed, value: gone, unit: "s", atMost: 10 },
  { promise: "the CPU answers, by the gateway, in less than 5 s", value: cpu, unit: "s", atMost: 5 },
];

/** A pod of its own for each round: what restarts often waits longer each time. */
export async function freshPod(world: World): Promise<void> {
  await world.behave({ loadSeconds: 3 });
  const pod = await world.readyPod();
  if (pod !== undefined) await world.kubectl(["delete", "pod", pod.name, "-n", "ml"]);
  await world.serving();
}

export interface Clients {
  /** Seconds from now until one of them answers. */
  first(whom: "gpu" | "cpu", limitSeconds: number): Promise<number>;
  /** Ends them. @returns how many requests got no answer of a model */
  stop(): Promise<number>;
}

/** A client that asks the gateway five times a second, each time anew. */
export function askingAllTheTime(world: World): Clients {
  const last = { gpu: 0, cpu: 0 };
  let failed = 0;
  const asked: Promise<void>[] = [];
  const one = async (): Promise<void> => {
    const answer = await world.chat(30).catch(() => undefined);
    const whom = (["gpu", "cpu"] as const).find((who) => answer !== undefined && servedBy(who, answer));
    if (whom === undefined) failed += 1;
    else last[whom] = performance.now();
  };
  const timer = setInterval(() => asked.push(one()), 200);
  return {
    first(whom, limitSeconds) {
      const began = performance.now();
      return until(
        `the ${whom.toUpperCase()} answers by the gateway`,
        limitSeconds,
        async () => last[whom] > began,
      );
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(asked);
      return failed;
    },
  };
}
