import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { projectRoot } from "../../sandbox/base/paths.ts";
import { alternate, median } from "../runs/measure.ts";
import { projectOf, type World, withWorld } from "../runs/world.ts";
import type { Measure, MeasuredRow } from "./row.ts";

/** Runs of each part; their median is given. */
const runs = 7;

/** What the program itself does in a preview, each part in a process of its own; what earlier parts import is not timed. */
const parts: readonly { name: string; before: string; timed: string }[] = [
  { name: "import @pulumi/pulumi", before: "", timed: `await import("@pulumi/pulumi")` },
  {
    name: "import the resources' classes",
    before: `await import("@pulumi/pulumi")`,
    timed: `await import("./components/index.ts")`,
  },
  {
    name: "import settings and plan",
    before: `await import("@pulumi/pulumi"); await import("./components/index.ts")`,
    timed: `await import("./stacks/load.ts")`,
  },
  {
    name: "read the files, check and plan",
    before: `const { planFromFiles } = await import("./stacks/index.ts")`,
    timed: `planFromFiles(".", "ml")`,
  },
  {
    name: "read what the cluster holds",
    before: `const { planFromFiles } = await import("./stacks/index.ts");
const { openApi } = await import("./cluster/api.ts");
const { resolveConnection } = await import("./cluster/connection.ts");
const { surveyAndCheck } = await import("./cluster/requirements.ts");
const plan = planFromFiles(".", "ml");
const api = await openApi(resolveConnection(plan.settings.cluster, process.env))`,
    timed: `await surveyAndCheck(api, { plan, stack: "ml", folder: ".", sandbox: true })`,
  },
];

/** Where the time of a preview goes. */
export const profile: MeasuredRow = {
  name: "profile",
  title: "where the time of a preview goes: nothing to do, the cluster read first",
  usual: 120,
  run: ({ progress, signal }) =>
    withWorld(progress, async (world) => {
      await world.pulumi(["up", "--yes", "--skip-preview", "-s", "ml"]);
      const bare = projectOf(world, "bare");
      await world.pulumi(["up", "--yes", "--skip-preview", "-s", "ml"], bare);
      const note = (text: string) => progress.say(`  ${text}`);
      const preview = (project?: string) => async () => {
        await world.pulumi(["preview", "-s", "ml"], project);
      };
      const whole = await alternate(
        [
          {
            name: "the CLI by itself (pulumi version)",
            run: async () => void (await world.pulumi(["version"])),
          },
          { name: "preview of an empty program", run: preview(projectOf(world, "empty")) },
          { name: "preview of a bare program with the same objects", run: preview(bare) },
          { name: "preview of the platform", run: preview() },
        ],
        { runs, note: () => {}, signal },
      );
      const total = median(whole.get("preview of the platform") ?? []);
      const measures = [...whole].map(([name, seconds]) => measure(name, median(seconds), total));
      for (const part of parts) {
        note(part.name);
        measures.push(measure(`in the program: ${part.name}`, await secondsOf(world, part), total));
      }
      return measures;
    }),
};

function measure(name: string, seconds: number, total: number): Measure {
  return {
    name,
    value: Math.round(seconds * 1000) / 1000,
    unit: "s",
    share: Math.round((seconds / total) * 100),
  };
}

async function secondsOf(
  world: World,
  { before, timed }: Pick<(typeof parts)[number], "before" | "timed">,
): Promise<number> {
  const script = `${before};
const began = performance.now();
${timed};
console.log((performance.now() - began) / 1000);
process.exit(0);`;
  const seconds: number[] = [];
  for (let run = 0; run < runs; run++) {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", script],
      { cwd: projectRoot, env: world.sandbox.environment() },
    );
    seconds.push(Number(stdout));
  }
  return median(seconds);
}
