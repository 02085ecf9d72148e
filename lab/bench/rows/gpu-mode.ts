import { simulated, type World } from "../runs/world.ts";
import { applyAndWait } from "./first-up.ts";
import type { Row } from "./row.ts";

/** Seconds that the pod takes to end: about what the reference setup measured for a release. */
const stopSeconds = 6;

async function gpuMode(world: World, mode: string): Promise<void> {
  await world.run("gpu-mode", [mode]);
}

/** What a person would type instead: nothing is claimed, remembered or checked. */
async function scaleAndWait(world: World): Promise<void> {
  await world.run("kubectl", ["scale", "deployment/vllm-server", "-n", "plain", "--replicas=0"]);
  await world.run("kubectl", [
    ...["wait", "--for=delete", "pod", "-n", "plain", "-l", "app=vllm-server", "--timeout=60s"],
  ]);
}

export const gaming: Row = {
  name: "gaming",
  title: `give the GPU back, with a pod that needs ${stopSeconds} s to stop`,
  goal: { of: "gpu-mode gaming", to: "kubectl scale, wait", atMost: 1.2 },
  async variants(world) {
    const ml = await world.manifests("ml", "plain");
    const slowly = () => world.sandbox.setScenario({ name: "healthy", ...simulated, stopSeconds });
    const quickly = () => world.sandbox.setScenario({ name: "healthy", ...simulated });
    return [
      {
        name: "kubectl scale, wait",
        prepare: async () => {
          await quickly();
          await applyAndWait(world, ml, "plain");
          await slowly();
        },
        run: () => scaleAndWait(world),
      },
      {
        name: "gpu-mode gaming",
        prepare: async () => {
          await quickly();
          await gpuMode(world, "ml");
          await slowly();
        },
        run: () => gpuMode(world, "gaming"),
      },
    ];
  },
};

export const sameMode: Row = {
  name: "same-mode",
  title: "gpu-mode in the active mode, nothing to do",
  goal: { of: "gpu-mode ml", to: "preview", atMost: 1.3 },
  async variants(world) {
    await gpuMode(world, "ml");
    return [
      {
        name: "preview",
        run: async () => {
          await world.pulumi(["preview", "-s", "ml", "--expect-no-changes"]);
        },
      },
      { name: "gpu-mode ml", run: () => gpuMode(world, "ml") },
    ];
  },
};
