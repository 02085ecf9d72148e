import { join } from "node:path";
import { finish } from "../../../system/processes.ts";
import { projectRoot } from "../../sandbox/base/paths.ts";
import { median } from "../runs/measure.ts";
import type { MeasuredRow } from "./row.ts";

const times = 7;

export const branchPreview: MeasuredRow = {
  name: "branch-preview",
  title: `npm run preview against the last commit: the objects of all modes on both sides, median of ${times}`,
  usual: 20,
  async run() {
    const all: number[] = [];
    for (let round = 0; round < times; round++) {
      const began = performance.now();
      const program = join(projectRoot, "lab", "preview", "index.ts");
      const { status, stderr } = await finish(process.execPath, [program, "--base", "HEAD"]);
      if (status === 1) throw new Error(stderr);
      all.push((performance.now() - began) / 1000);
    }
    return [{ name: "whole", value: Math.round(median(all) * 10) / 10, unit: "s", target: 3 }];
  },
};
