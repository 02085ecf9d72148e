import { setTimeout as sleep } from "node:timers/promises";
import { servedBy, until, type World } from "../world/index.ts";
import type { Drill, Finding } from "./drill.ts";
import { askingAllTheTime, away, freshPod, noticed } from "./server-killed.ts";

export const serverAnswers503: Drill = {
  name: "server-503",
  title: "The server answers 503 to everything",
  usual: 40,
  run: (world) => broken(world, "503"),
};

export const serverHangs: Drill = {
  name: "server-hangs",
  title: "The server accepts connections and answers nothing, /health included",
  usual: 130,
  async run(world) {
    await freshPod(world);
    const { restarts } = await only(world);
    await world.behave({ fault: "hang" });
    const gone = await until("the Service has nobody left", 30, async () => !(await world.hasEndpoint()));
    const cpu = await until("the CPU answers", 30, async () => servedBy("cpu", await world.chat(1)));
    const ended = await until(
      "its container is started again",
      180,
      async () => (await only(world)).restarts > restarts,
    );
    await world.behave({ loadSeconds: 3 });
    const back = await until("the Service has somebody again", 180, () => world.hasEndpoint());
    return [
      { promise: noticed, value: gone, unit: "s", atMost: 10 },
      // One that hangs is led elsewhere once the pod is out of the Service, and no sooner.
      {
        promise: "then the CPU answers a new request in less than 15 s",
        value: gone + cpu,
        unit: "s",
        atMost: 15,
      },
      { promise: "its container is started again", value: gone + cpu + ended, unit: "s" },
      { promise: "serving again after that in less than 2 min", value: back, unit: "s", atMost: 120 },
    ];
  },
};

export const engineStuck: Drill = {
  name: "engine-stuck",
  title: "The server answers /health and no request, while a client waits",
  usual: 75,
  async run(world) {
    await freshPod(world);
    const { restarts } = await only(world);
    await world.behave({ fault: "stuck" });
    const waiting = world.chat(240);
    const ended = await until(
      "the supervisor ends it",
      240,
      async () => (await only(world)).restarts > restarts,
    );
    await world.behave({ loadSeconds: 3 });
    const back = await until("the Service has somebody again", 180, () => world.hasEndpoint());
    const { status, firstMs } = await waiting;
    if (status !== 200) throw new Error(`the client that waited got status ${status}`);
    return [
      {
        promise: "noticed by nobody but the supervisor in the pod, which ends it within a minute",
        value: ended,
        unit: "s",
        atMost: 60,
      },
      {
        promise: "the client that waited has an answer, of another server",
        value: firstMs / 1000,
        unit: "s",
      },
      { promise: "serving again after that in less than 2 min", value: back, unit: "s", atMost: 120 },
    ];
  },
};

export const healthSlow: Drill = {
  name: "health-slow",
  title: "/health takes 4 s, for 30 s",
  usual: 50,
  async run(world) {
    await freshPod(world);
    const { restarts } = await only(world);
    await world.behave({ healthSeconds: 4 });
    const end = Date.now() + 30_000;
    let away = 0;
    while (Date.now() < end) {
      if (!(await world.hasEndpoint())) away += 1;
      await sleep(200);
    }
    await world.behave({ loadSeconds: 3 });
    const more = (await only(world)).restarts - restarts;
    return [
      {
        promise: "it is not taken out of the Service for nothing",
        value: away,
        unit: "looks without it",
        atMost: 0,
      },
      { promise: "nor started again", value: more, unit: "restarts", atMost: 0 },
    ];
  },
};

async function broken(world: World, fault: "503"): Promise<Finding[]> {
  await freshPod(world);
  const clients = askingAllTheTime(world);
  try {
    await world.behave({ fault });
    const [gone, cpu] = await Promise.all([
      until("the Service has nobody left", 30, async () => !(await world.hasEndpoint())),
      clients.first("cpu", 30),
    ]);
    await world.behave({ loadSeconds: 3 });
    const back = await until("the Service has somebody again", 120, () => world.hasEndpoint());
    const failed = await clients.stop();
    return [
      ...away(gone, cpu),
      { promise: "serving again, once it answers, in less than 2 min", value: back, unit: "s", atMost: 120 },
      {
        promise: "requests at the gateway that got no answer of a model",
        value: failed,
        unit: "requests",
        atMost: 0,
      },
    ];
  } finally {
    await clients.stop();
  }
}

async function only(world: World) {
  const [pod] = await world.serverPods();
  return pod ?? { name: "", ready: false, restarts: 0 };
}
