import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { names } from "../../../../stacks/vocabulary/names.ts";
import { cgroupOf } from "../../../node/index.ts";
import { sandboxPaths } from "../../../sandbox/base/paths.ts";
import { secondsOf } from "../../base/common.ts";
import type { Drill } from "../../base/drill.ts";
import type { World } from "../../world/index.ts";

/** From `ml` back to it, again and again. */
const round = ["r1", "ml", "gaming", "r1", "ml"];

/** Kubernetes keeps that many of a Deployment's earlier ones, and the one that counts. */
const replicaSetsKept = 3;

export const manySwitches: Drill = {
  name: "many-switches",
  title: "50 switches in a row",
  usual: 420,
  long: true,
  once: true,
  async run(world) {
    await world.behave({ loadSeconds: 1 });
    await world.serving();
    const seconds: number[] = [];
    const tour = async (rounds: number): Promise<void> => {
      for (const mode of Array.from({ length: rounds }, () => round).flat()) {
        seconds.push(await secondsOf(() => world.gpuMode(mode)));
      }
    };
    await tour(1); // every mode has been active since then, and left what it leaves
    const before = await look(world);
    await tour(9);
    const after = await look(world);
    await world.behave({ loadSeconds: 3 });
    const more = (of: keyof Left): number => after[of] - before[of];
    const some = 10;
    const [first, last] = [median(seconds.slice(0, some)), median(seconds.slice(-some))];
    return [
      {
        promise: `the last ${some} take as long as the first ${some}: the ratio of their medians`,
        value: hundredths(last / first),
        unit: "times",
        atMost: 1.2,
      },
      { promise: "switches", value: seconds.length, unit: "switches" },
      { promise: "the median of the first", value: first, unit: "s" },
      { promise: "pods in the namespace, more than before", value: more("pods"), unit: "pods", atMost: 0 },
      {
        promise: "ReplicaSets of the server: its own and two earlier ones",
        value: after.replicaSets,
        unit: "ReplicaSets",
        atMost: replicaSetsKept,
      },
      {
        promise: "Secrets and ConfigMaps in the namespace, more than before",
        value: more("secrets"),
        unit: "objects",
        atMost: 0,
      },
      {
        promise: "bytes of the three stacks' states, more than before",
        value: more("stateBytes"),
        unit: "bytes",
        atMost: 2_000,
      },
      {
        promise: "processes of node, cluster and engine, more than before",
        value: more("processes"),
        unit: "processes",
        atMost: 0,
      },
      {
        promise: "folders for temporary files, more than before",
        value: more("temporary"),
        unit: "folders",
        atMost: 0,
      },
      { promise: "memory of node and cluster before", value: before.megabytes, unit: "MB" },
      {
        promise: "memory of node and cluster: grown by a tenth at most",
        value: hundredths(after.megabytes / before.megabytes),
        unit: "times",
        atMost: 1.1,
      },
    ];
  },
};

const hundredths = (value: number): number => Math.round(value * 100) / 100;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** What a switch could leave behind. */
interface Left {
  readonly pods: number;
  readonly replicaSets: number;
  readonly secrets: number;
  readonly stateBytes: number;
  readonly processes: number;
  readonly temporary: number;
  readonly megabytes: number;
}

async function look(world: World): Promise<Left> {
  const paths = sandboxPaths(world.sandbox.dir);
  const all = await processesOf(world.sandbox.dir, cgroupOf(paths.node));
  const count = async (...what: string[]): Promise<number> => {
    const found = await world.kubectl(["get", ...what, "-n", names.namespace, "-o", "name"]);
    return found.split("\n").filter(Boolean).length;
  };
  const states = join(paths.state, ".pulumi", "stacks");
  const files = (await readdir(states, { recursive: true })).filter((name) => name.endsWith(".json"));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(states, name))).size));
  const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
  return {
    pods: await count("pods"),
    replicaSets: await count("replicasets", "-l", `app=${names.deployment}`),
    secrets: await count("secrets,configmaps"),
    stateBytes: sum(sizes),
    processes: all.length,
    temporary: (await readdir(world.temporary)).length,
    megabytes: Math.round(sum(all) / 1000),
  };
}

/** Resident kilobytes of each process of a sandbox and its node. What lives for a moment only is in few of the looks. */
async function processesOf(sandbox: string, cgroup: string): Promise<number[]> {
  let fewest: number[] | undefined;
  for (let looks = 0; looks < 5; looks++) {
    const found = await processesNow(sandbox, cgroup);
    if (fewest === undefined || found.length < fewest.length) fewest = found;
    await sleep(200);
  }
  return fewest ?? [];
}

async function processesNow(sandbox: string, cgroup: string): Promise<number[]> {
  const read = (id: string, file: string): Promise<string> =>
    readFile(`/proc/${id}/${file}`, "utf8").catch(() => "");
  const found: number[] = [];
  for (const id of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const texts = await Promise.all(["cmdline", "environ", "cgroup"].map((file) => read(id, file)));
    if (!texts.some((text) => text.includes(sandbox) || text.includes(cgroup))) continue;
    found.push(Number(/^VmRSS:\s+(\d+)/m.exec(await read(id, "status"))?.[1] ?? 0));
  }
  return found;
}
