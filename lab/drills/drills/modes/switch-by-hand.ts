/** A switch against what a person would type instead, on the same node. */
import { names } from "../../../../stacks/vocabulary/names.ts";
import { plainManifests } from "../../../bench/runs/plain-manifests.ts";
import { secondsOf } from "../../base/common.ts";
import type { Drill, Finding } from "../../base/drill.ts";
import { until, type World } from "../../world/index.ts";

/** Where the same objects stand by kubectl's hand alone. */
const plain = "plain";

export const switchByHand: Drill = {
  name: "switch-by-hand",
  title: "gpu-mode and kubectl take turns: from ml to r1, with servers that load for 90 s",
  usual: 260,
  long: true,
  async run(world, { round }) {
    const load = 90;
    if (round % 2 === 0) {
      const ours = await byGpuMode(world, load);
      return compared({ ours, kubectl: await byKubectl(world, load) });
    }
    const kubectl = await byKubectl(world, load);
    return compared({ ours: await byGpuMode(world, load), kubectl });
  },
};

/** Seconds. */
interface Taken {
  /** From the old server's end, as containerd has it, until the next one is ready. */
  readonly without: number;
  /** The whole command of the switch. */
  readonly whole: number;
  /** The whole command that gives the GPU back. */
  readonly freed: number;
}

function compared({ ours, kubectl }: Record<"ours" | "kubectl", Taken>): Finding[] {
  const ratio = (of: keyof Taken): number => Math.round((100 * ours[of]) / kubectl[of]) / 100;
  return [
    {
      requirement: "switch",
      promise: "another model serves in less than 2 min, where it loads for so long",
      value: ours.whole,
      unit: "s",
      atMost: 120,
    },
    {
      promise: "the time without a server is that of kubectl",
      value: ratio("without"),
      unit: "times",
      atMost: 1.1,
    },
    { promise: "which is, by gpu-mode", value: ours.without, unit: "s" },
    { promise: "and by kubectl apply", value: kubectl.without, unit: "s" },
    {
      promise: "the whole command takes as long as kubectl apply and its wait",
      value: ratio("whole"),
      unit: "times",
      atMost: 1.1,
    },
    { promise: "the GPU given back by gpu-mode gaming", value: ours.freed, unit: "s" },
    { promise: "by kubectl scale and its wait", value: kubectl.freed, unit: "s" },
  ];
}

async function byGpuMode(world: World, load: number): Promise<Taken> {
  await world.behave({ loadSeconds: load });
  const times = await timed(world, names.namespace, load, () => world.gpuMode("r1"));
  const freed = await secondsOf(() => world.gpuMode("gaming"));
  await world.behave({ loadSeconds: 1 });
  await world.gpuMode("ml");
  return { ...times, freed };
}

/** The platform gives the GPU back meanwhile. */
async function byKubectl(world: World, load: number): Promise<Taken> {
  const of = [`deployment/${names.deployment}`, "-n", plain];
  const apply = async (mode: string): Promise<void> => {
    await world.kubectl(["apply", "--server-side", "-f", "-"], plainManifests(mode, plain));
    await world.kubectl(["rollout", "status", ...of, `--timeout=${load + 90}s`]);
  };
  const free = async (): Promise<void> => {
    await world.kubectl(["scale", ...of, "--replicas=0"]);
    const pods = ["pod", "-n", plain, "-l", `app=${names.deployment}`];
    await world.kubectl(["wait", "--for=delete", ...pods, "--timeout=60s"]);
  };
  await world.behave({ loadSeconds: 1 });
  await world.gpuMode("gaming");
  try {
    await apply("ml");
    await world.behave({ loadSeconds: load });
    const times = await timed(world, plain, load, () => apply("r1"));
    return { ...times, freed: await secondsOf(free) };
  } finally {
    await world.kubectl(["delete", "namespace", plain, "--ignore-not-found"]);
    await world.behave({ loadSeconds: 1 });
    await world.gpuMode("ml");
  }
}

async function timed(
  world: World,
  namespace: string,
  load: number,
  command: () => Promise<unknown>,
): Promise<Omit<Taken, "freed">> {
  const containers = async (): Promise<string[]> =>
    (await world.runtime.containers())
      .filter((one) => one.namespace === namespace && one.pod.startsWith(`${names.deployment}-`))
      .map(({ id }) => id);
  const [old] = await containers();
  if (old === undefined) throw new Error(`no server runs in namespace ${namespace}`);
  const oldPods = (await world.serverPods(namespace)).map(({ name }) => name);
  const next = async (): Promise<number> => {
    await until("the old server has ended", 60, async () => !(await containers()).includes(old));
    return until("the next one is ready", load + 60, async () =>
      (await world.serverPods(namespace)).some(({ name, ready }) => ready && !oldPods.includes(name)),
    );
  };
  const [whole, without] = await Promise.all([secondsOf(command), next()]);
  return { whole, without };
}
