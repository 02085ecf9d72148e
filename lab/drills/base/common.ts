/** What several drills do and look at. */
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningContainer } from "../../node/index.ts";
import { gpuNode } from "../../sandbox/simulation/index.ts";
import { type ServerPod, servedBy, until, type World } from "../world/index.ts";
import type { Finding } from "./drill.ts";

export const noticed = "the GPU is away: noticed in less than 10 s";

export const unanswered = "requests at the gateway that got no answer of a model";

export const answered = (seconds: number): Finding => ({
  requirement: "cpu-answers",
  promise: "the CPU answers, by the gateway, in less than 5 s",
  value: seconds,
  unit: "s",
  atMost: 5,
});

/** What is promised of a GPU that is away, however it went. */
export const away = (gone: number, cpu: number): Finding[] => [
  { requirement: "loss", promise: noticed, value: gone, unit: "s", atMost: 10 },
  answered(cpu),
];

/** A pod of its own for each round: what restarts often waits longer each time. */
export async function freshPod(world: World): Promise<void> {
  await world.behave({ loadSeconds: 3 });
  await renew(world, await world.readyPod());
  await world.serving();
}

/** The same where clients ask all the time: who was led to the CPU meanwhile is back with the next request, and streams are under way. */
export async function freshPodWithClients(world: World): Promise<void> {
  await freshPod(world);
  await sleep(3_000);
}

export interface Clients {
  /** Seconds from now until one of them answers. */
  first(whom: "gpu" | "cpu", limitSeconds: number): Promise<number>;
  /** How many requests that have ended somebody else has answered, or nobody. */
  notOf(whom: "gpu" | "cpu"): number;
  /** Ends them. @returns how many requests got no answer of a model */
  stop(): Promise<number>;
}

/** A client that asks the gateway five times a second, each time anew. */
function askingAllTheTime(world: World): Clients {
  const last = { gpu: 0, cpu: 0 };
  const count = { gpu: 0, cpu: 0 };
  let failed = 0;
  const asked: Promise<void>[] = [];
  const one = async (): Promise<void> => {
    const answer = await world.chat(30).catch(() => undefined);
    const whom = (["gpu", "cpu"] as const).find((who) => answer !== undefined && servedBy(who, answer));
    if (whom === undefined) failed += 1;
    else {
      last[whom] = performance.now();
      count[whom] += 1;
    }
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
    notOf: (whom) => failed + count.gpu + count.cpu - count[whom],
    async stop() {
      clearInterval(timer);
      await Promise.all(asked);
      return failed;
    },
  };
}

/** Goes through a drill while clients ask, and ends them however it ends. */
export async function whileAsked<T>(world: World, drill: (clients: Clients) => Promise<T>): Promise<T> {
  const clients = askingAllTheTime(world);
  try {
    return await drill(clients);
  } finally {
    await clients.stop();
  }
}

/** Seconds until the Service has nobody to answer. */
export const nobodyLeft = (world: World): Promise<number> =>
  until("the Service has nobody left", 30, async () => !(await world.hasEndpoint()));

/** Seconds until it has somebody again. */
export const somebodyAgain = (world: World, limitSeconds: number): Promise<number> =>
  until("the Service has somebody again", limitSeconds, () => world.hasEndpoint());

/** How often the Service was found without anybody, five looks a second. */
export async function looksWithout(world: World, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let without = 0;
  while (performance.now() < end) {
    if (!(await world.hasEndpoint())) without += 1;
    await sleep(200);
  }
  return without;
}

/** How often the server's container was started again; 0 where it has no pod. */
export const restarts = async (world: World): Promise<number> => (await world.serverPods())[0]?.restarts ?? 0;

/** The server's pod is made anew. */
export async function renew(world: World, pod: ServerPod | undefined): Promise<void> {
  if (pod !== undefined) await world.kubectl(["delete", "pod", pod.name, "-n", "ml"]);
}

/** The server's containers that containerd has. */
export const servers = async ({ runtime }: World): Promise<RunningContainer[]> =>
  (await runtime.containers()).filter(({ pod }) => pod.startsWith("vllm-server-"));

/** Waits until the node offers its card. */
export async function cardOffered({ kubectl }: World): Promise<void> {
  const offered = ["get", "node", gpuNode, "-o", "jsonpath={.status.allocatable.nvidia\\.com/gpu}"];
  await until("the node offers its card", 60, async () => (await kubectl(offered)) === "1");
}

/** Seconds that it takes. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

/** Looks until nothing is wrong any more. @returns what still is after the limit, and the seconds that it took */
export async function settled(
  limitSeconds: number,
  look: () => Promise<string[]>,
): Promise<{ wrong: string[]; seconds: number }> {
  const began = performance.now();
  for (;;) {
    const wrong = await look().catch(({ message }: Error) => [message]);
    const seconds = (performance.now() - began) / 1000;
    if (wrong.length === 0 || seconds > limitSeconds) return { wrong, seconds };
  }
}

/** Of so many looks, each that was wrong in words. */
export const wrongOf = (promise: string, looks: number, wrong: readonly string[]): Finding => ({
  promise,
  value: wrong.length,
  unit: `wrong of ${looks}`,
  atMost: 0,
  details: wrong,
});
