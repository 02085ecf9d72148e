/** Servers that load for long, and one that never does. */
import type { Drill, Finding } from "../../base/drill.ts";
import { bringUp, bringUps, type Command, lastWords, textOf } from "../../base/told.ts";
import { whileWatched } from "../../base/watch.ts";
import type { World } from "../../world/index.ts";
import { configured } from "../../world/settings.ts";

export const slowLoad: Drill = {
  name: "slow-load",
  title: "The server loads for 30 s, and for 90 s (short form: 30 s)",
  usual: 50,
  usualInFull: 145,
  async run(world, { short }) {
    const findings = await loads(world, { seconds: 30, command: "pulumi up", mode: "r1" });
    if (!short) findings.push(...(await loads(world, { seconds: 90, command: "gpu-mode", mode: "ml" })));
    await world.behave({ loadSeconds: 3 });
    await world.gpuMode("ml");
    await world.serving();
    return findings;
  },
};

export const slowestLoad: Drill = {
  name: "slowest-load",
  title: "The server loads for 10 min",
  usual: 640,
  long: true,
  once: true,
  async run(world) {
    await world.gpuMode("gaming");
    const findings = await loads(world, { seconds: 600, command: "gpu-mode", mode: "ml" });
    await world.behave({ loadSeconds: 3 });
    await world.serving();
    return findings;
  },
};

/** Seconds that the smallest models are given to load. */
const budget = 300;

export const neverLoads: Drill = {
  name: "never-loads",
  title: "The server never loads, of a model that is given 5 min",
  usual: 2 * budget + 60,
  long: true,
  once: true,
  async run(world) {
    await world.behave({ loadSeconds: 100_000 });
    const modes = bringUps.map(([, mode]) => mode);
    const findings = await configured(world, modes, smallModel, async () => {
      const found: Finding[] = [];
      for (const [command, mode] of bringUps) {
        const outcome = await bringUp(world, command, mode);
        if (outcome.status === 0 || !textOf(outcome).includes(`had not loaded after the ${budget} s`)) {
          throw new Error(`${command}: ${lastWords(outcome)}`);
        }
        found.push({
          promise: `${command} ends soon after these 5 min, and says that it had not loaded`,
          value: outcome.seconds,
          unit: "s",
          atMost: budget + 60,
        });
      }
      return found;
    });
    await world.behave({ loadSeconds: 3 });
    await world.gpuMode("ml");
    await world.serving();
    return findings;
  },
};

/** From its `config.json`. */
const smallModel = {
  model: "Qwen/Qwen2.5-0.5B-Instruct",
  modelNumbers: {
    weightBytes: 988_097_824,
    layers: 24,
    keyValueHeads: 2,
    headSize: 64,
    hiddenSize: 896,
    feedForwardSize: 4864,
    vocabularySize: 151_936,
    maxContext: 32_768,
    minimumComputeCapability: 8,
  },
};

/** A mode that must be reached, however long its server loads, by the first pod and the first start of it. */
async function loads(
  world: World,
  { seconds, command, mode }: { seconds: number; command: Command; mode: string },
): Promise<Finding[]> {
  await world.behave({ loadSeconds: seconds });
  const before = new Set((await world.serverPods()).map(({ name }) => name));
  const starts = new Map<string, number>();
  const look = async (): Promise<void> => {
    for (const { name, restarts } of await world.serverPods()) {
      if (!before.has(name)) starts.set(name, restarts + 1);
    }
  };
  const outcome = await whileWatched(500, look, () => bringUp(world, command, mode));
  if (outcome.status !== 0) throw new Error(`${command}: ${lastWords(outcome)}`);
  return [
    {
      promise: `${seconds} s: no probe ends it, so it is started once`,
      value: [...starts.values()].reduce((sum, one) => sum + one, 0),
      unit: "starts",
      atMost: 1,
    },
    { promise: `${seconds} s: ${command} has waited for it`, value: outcome.seconds, unit: "s" },
  ];
}
