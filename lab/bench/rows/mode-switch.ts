import { projectOf } from "../runs/world.ts";
import { applyAndWait } from "./first-up.ts";
import type { Row } from "./row.ts";

export const modeSwitch: Row = {
  name: "mode-switch",
  title: "switch from gaming to ml, until the server answers",
  goal: { of: "ours", to: "bare", atMost: 1.3 },
  async variants(world) {
    const bare = projectOf(world, "bare");
    const up = (mode: string) => ["up", "--yes", "--skip-preview", "-s", mode];
    // One after the other: what records them is one for the whole process.
    const ml = await world.manifests("ml", "plain");
    const gaming = await world.manifests("gaming", "plain");
    const timed = (project?: string) => ({
      prepare: async () => {
        await world.pulumi(up("gaming"), project);
      },
      run: async () => {
        await world.pulumi(up("ml"), project);
      },
    });
    return [
      { name: "bare", ...timed(bare) },
      { name: "ours", ...timed() },
      {
        name: "kubectl apply",
        prepare: () => applyAndWait(world, gaming, "plain"),
        run: () => applyAndWait(world, ml, "plain"),
      },
    ];
  },
};
