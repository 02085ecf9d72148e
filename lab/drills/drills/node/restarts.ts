import { setTimeout as sleep } from "node:timers/promises";
import { frontOf, type Instead } from "../../../sandbox/front.ts";
import { cardOffered, freshPod, secondsOf, servers, whileAsked } from "../../base/common.ts";
import type { Drill, Finding } from "../../base/drill.ts";
import { whileWatched } from "../../base/watch.ts";
import type { Tried, World } from "../../world/index.ts";

export const controlPlaneRestarted: Drill = {
  name: "control-plane-restarted",
  title: "etcd and the API server are killed and started again during a switch",
  usual: 35,
  async run(world) {
    await world.behave({ loadSeconds: 8 });
    await world.serving();
    const restart = (): Promise<number> => secondsOf(() => world.restartControlPlane());
    const waiting = await during(world, "r1", /^ {2}load/, restart);
    const applying = await during(world, "ml", /^ {2}apply/, restart);
    const heals = await secondsOf(() => world.gpuMode("ml"));
    await world.behave({ loadSeconds: 3 });
    await world.serving();
    return [
      { promise: "they are away", value: Math.max(waiting.result, applying.result), unit: "s" },
      {
        promise: "while the server is waited for: the switch ends well",
        value: waiting.tried.status === 0 ? 0 : 1,
        unit: "failed switches",
        atMost: 0,
      },
      {
        promise: "while pulumi applies: it ends well, or says that the next call goes on",
        value: endsInWords(applying.tried) ? 0 : 1,
        unit: "others",
        atMost: 0,
      },
      {
        promise: "and the next call has the mode serve in less than 2 min",
        value: heals,
        unit: "s",
        atMost: 120,
      },
    ];
  },
};

export const runtimeRestarted: Drill = {
  name: "runtime-restarted",
  title: "containerd, and then the kubelet, is killed and started again while the server serves",
  usual: 50,
  async run(world) {
    await freshPod(world);
    const findings = [...(await restarted(world, "containerd")), ...(await restarted(world, "kubelet"))];
    const anew = await secondsOf(() => freshPod(world));
    return [
      ...findings,
      { promise: "a pod that is deleted then is made anew, and serves", value: anew, unit: "s", atMost: 60 },
    ];
  },
};

/** For so long it is looked at what follows, in seconds: the kubelet has asked all probes several times by then. */
const watchedSeconds = 15;

function restarted(world: World, part: "containerd" | "kubelet"): Promise<Finding[]> {
  const idsOf = async (): Promise<string[]> => (await servers(world)).map(({ id }) => id);
  return whileAsked(world, async (clients) => {
    const before = await idsOf();
    if (before.length === 0) throw new Error("no server runs");
    let away = 0;
    const look = async (): Promise<void> => {
      if (!(await world.hasEndpoint())) away += 1;
    };
    await whileWatched(100, look, async () => {
      const over = sleep(watchedSeconds * 1000);
      await world.tellNode(`restart ${part}`);
      await cardOffered(world);
      await over;
    });
    await clients.stop();
    const after = await idsOf();
    return [
      {
        promise: `${part}: the server's container goes on`,
        value: before.filter((id) => !after.includes(id)).length,
        unit: "others",
        atMost: 0,
      },
      { promise: `${part}: it stays in the Service`, value: away, unit: "looks without it", atMost: 0 },
      {
        promise: `${part}: the GPU answers every request`,
        value: clients.notOf("gpu"),
        unit: "others",
        atMost: 0,
      },
    ];
  });
}

/** What an API server says that has no time. */
const busyAnswers: readonly Instead[] = [
  { status: 429, headers: { "retry-after": "1" } },
  { status: 500 },
  { status: 503 },
  { status: 504 },
].map(({ status, headers = {} }) => ({
  status,
  body: JSON.stringify({ kind: "Status", apiVersion: "v1", code: status, message: "no time (a drill)" }),
  headers: { "content-type": "application/json", "audit-id": "0", ...headers },
}));

export const apiServerBusy: Drill = {
  name: "api-server-busy",
  title: "The API server answers 429 and 5xx to everything for 10 s, while a switch waits for the server",
  usual: 45,
  async run(world) {
    await world.behave({ loadSeconds: 15 });
    await world.serving();
    const front = await frontOf(world.sandbox);
    try {
      let asked = 0;
      const busy = async (): Promise<void> => {
        front.answer = () => busyAnswers[asked++ % busyAnswers.length];
        await sleep(10_000);
        front.answer = () => undefined;
      };
      const { tried } = await during(world, "r1", /^ {2}load/, busy, front.sandbox);
      await world.behave({ loadSeconds: 3 });
      // What the state says of the way to the cluster, it says of its own again.
      await world.gpuMode("r1");
      await world.gpuMode("ml");
      await world.serving();
      return [
        {
          promise: "the switch ends well",
          value: tried.status === 0 ? 0 : 1,
          unit: "failed switches",
          atMost: 0,
        },
        { promise: "requests that were answered so", value: asked, unit: "requests" },
      ];
    } finally {
      front.close();
    }
  },
};

/** Does something once a switch prints a line that is meant, and lets both come to their ends. @throws where it prints none */
async function during<T>(
  world: World,
  mode: string,
  line: RegExp,
  act: () => Promise<T>,
  by = world.sandbox,
): Promise<{ tried: Tried; result: T }> {
  let result: Promise<T> | undefined;
  const onLine = (text: string): void => {
    if (result !== undefined || !line.test(text)) return;
    result = act();
    result.catch(() => {}); // told once the switch has ended
  };
  const tried = await world.attempt("gpu-mode", [mode], { by, onLine });
  if (result === undefined) throw new Error(`gpu-mode ${mode} printed nothing like ${line}: ${tried.words}`);
  return { tried, result: await result };
}

const endsInWords = ({ status, words }: Tried): boolean =>
  status === 0 ||
  (/gpu-mode \w+ goes on from here|gpu-mode \w+ tries again/.test(words) && !/^\s+at /m.test(words));
