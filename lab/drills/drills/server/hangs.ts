import {
  away,
  freshPod,
  looksWithout,
  nobodyLeft,
  noticed,
  restarts,
  somebodyAgain,
  unanswered,
  whileAsked,
} from "../../base/common.ts";
import type { Drill, Finding } from "../../base/drill.ts";
import { servedBy, until, type World } from "../../world/index.ts";

export const serverAnswers503: Drill = {
  name: "server-503",
  title: "The server answers 503 to everything",
  usual: 20,
  async run(world) {
    await freshPod(world);
    return whileAsked(world, async (clients) => {
      await world.behave({ fault: "503" });
      const [gone, cpu] = await Promise.all([nobodyLeft(world), clients.first("cpu", 30)]);
      await world.behave({ loadSeconds: 3 });
      const back = await somebodyAgain(world, 120);
      return [
        ...away(gone, cpu),
        {
          requirement: "return",
          promise: "serving again, once it answers, in less than 2 min",
          value: back,
          unit: "s",
          atMost: 120,
        },
        { promise: unanswered, value: await clients.stop(), unit: "requests", atMost: 0 },
      ];
    });
  },
};

export const serverHangs: Drill = {
  name: "server-hangs",
  title:
    "The server accepts connections and answers nothing, /health included (short form: until the CPU answers)",
  usual: 30,
  usualInFull: 115,
  async run(world, { short }) {
    await freshPod(world);
    const before = await restarts(world);
    await world.behave({ fault: "hang" });
    const gone = await nobodyLeft(world);
    const cpu = await until("the CPU answers", 30, async () => servedBy("cpu", await world.chat(1)));
    const ended = short ? undefined : await startedAgain(world, before, 180);
    await world.behave({ loadSeconds: 3 });
    const back = await somebodyAgain(world, 180);
    return [
      { requirement: "loss", promise: noticed, value: gone, unit: "s", atMost: 10 },
      // One that hangs is led elsewhere once the pod is out of the Service, and no sooner.
      {
        promise: "then the CPU answers a new request in less than 15 s",
        value: gone + cpu,
        unit: "s",
        atMost: 15,
      },
      ...(ended === undefined
        ? []
        : [
            { promise: "its container is started again", value: gone + cpu + ended, unit: "s" },
            served(back),
          ]),
    ];
  },
};

export const engineStuck: Drill = {
  name: "engine-stuck",
  title: "The server answers /health and no request, while a client waits",
  usual: 70,
  async run(world) {
    await freshPod(world);
    const before = await restarts(world);
    await world.behave({ fault: "stuck" });
    const waiting = world.chat(240);
    waiting.catch(() => {}); // told where it is waited for
    const ended = await startedAgain(world, before, 240);
    await world.behave({ loadSeconds: 3 });
    const back = await somebodyAgain(world, 180);
    const answer = await waiting;
    return [
      {
        promise: "noticed by nobody but the supervisor in the pod, which ends it within a minute",
        value: ended,
        unit: "s",
        atMost: 60,
      },
      {
        promise: "the client that waited is answered by another server",
        value: Number(!servedBy("cpu", answer)),
        unit: "others",
        atMost: 0,
        details: [`status ${answer.status}, by ${answer.headers["x-served-by"] ?? "nobody"}`],
      },
      { promise: "after it has waited for", value: answer.firstMs / 1000, unit: "s" },
      served(back),
    ];
  },
};

export const healthSlow: Drill = {
  name: "health-slow",
  title: "/health takes 4 s, for 30 s (short form: 20 s)",
  usual: 30,
  usualInFull: 40,
  async run(world, { short }) {
    await freshPod(world);
    const before = await restarts(world);
    await world.behave({ healthSeconds: 4 });
    const away = await looksWithout(world, short ? 20 : 30);
    await world.behave({ loadSeconds: 3 });
    const more = (await restarts(world)) - before;
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

const served = (seconds: number): Finding => ({
  requirement: "return",
  promise: "serving again after that in less than 2 min",
  value: seconds,
  unit: "s",
  atMost: 120,
});

/** Seconds until the server's container was started once more than before. */
const startedAgain = (world: World, before: number, limitSeconds: number): Promise<number> =>
  until("its container is started again", limitSeconds, async () => (await restarts(world)) > before);
