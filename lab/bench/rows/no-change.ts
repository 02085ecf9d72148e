import { projectOf, type World } from "../runs/world.ts";
import type { Row } from "./row.ts";

const up = ["up", "--yes", "--skip-preview", "-s", "ml"];

/** All stacks are up, so that there is nothing to do. */
async function bringUp(world: World): Promise<void> {
  await world.pulumi(up);
  await world.pulumi(up, projectOf(world, "bare"));
  await world.pulumi(up, projectOf(world, "empty"));
}

function compared(name: string, title: string, args: readonly string[]): Row {
  return {
    name,
    title,
    goal: { of: "ours", to: "bare", atMost: 1.3 },
    async variants(world) {
      await bringUp(world);
      const timed = (project?: string) => async () => {
        await world.pulumi(args, project);
      };
      return [
        { name: "empty", run: timed(projectOf(world, "empty")) },
        { name: "bare", run: timed(projectOf(world, "bare")) },
        { name: "ours", run: timed() },
      ];
    },
  };
}

/** Both read the cluster first: `refresh: always` stands in each project file. */
export const preview = compared("preview", "preview with refresh, nothing to do", [
  ...["preview", "-s", "ml", "--expect-no-changes"],
]);

export const noChange = compared("no-change", "up, nothing to do", [...up, "--expect-no-changes"]);
