import { gpuNode } from "../../sandbox/simulation/index.ts";
import type { World } from "./index.ts";

/** Back to mode `ml` that serves, whatever a drill that broke off has left. @throws where it does not come to that */
export async function putRight(world: World): Promise<void> {
  await world.tellNode("power on").catch(() => {}); // a node that is on says that it is
  await world.sandbox.setGpu("present");
  await world.kubectl(["uncordon", gpuNode]);
  await world.behave({ loadSeconds: 3 });
  await world.gpuMode("ml");
  await world.serving();
}
