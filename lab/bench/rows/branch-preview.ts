import { appendFile, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finish, outputOf } from "../../../system/processes.ts";
import { projectRoot } from "../../sandbox/base/paths.ts";
import { median } from "../runs/measure.ts";
import type { Measure, MeasuredRow } from "./row.ts";

const times = 7;

export const branchPreview: MeasuredRow = {
  name: "branch-preview",
  title: `npm run preview in a clone: what all modes declare (median of ${times}), and with Pulumi, of one mode and of all`,
  usual: 150,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), "vllm-platform-preview-bench-"));
    try {
      const clone = join(folder, "clone");
      await outputOf("git", ["clone", "--quiet", projectRoot, clone]);
      await symlink(join(projectRoot, "node_modules"), join(clone, "node_modules"));
      const declared: number[] = [];
      for (let round = 0; round < times; round++) declared.push(await seconds(clone, "--no-engine"));
      await appendFile(join(clone, "Pulumi.r1.yaml"), "  vllm-platform:maxNumSeqs: 8\n");
      const one = await seconds(clone);
      await appendFile(join(clone, "index.ts"), "// a comment\n");
      const all = await seconds(clone);
      return [
        measure("what is declared", median(declared), 3),
        measure("one mode", one, 60),
        measure("all modes", all, 60),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

const measure = (name: string, value: number, target: number): Measure => ({
  name,
  value: Math.round(value * 10) / 10,
  unit: "s",
  target,
});

/** How long a preview of what is in the clone against its last commit takes. */
async function seconds(clone: string, ...words: string[]): Promise<number> {
  const began = performance.now();
  const program = join(clone, "lab", "preview", "index.ts");
  const { status, stderr } = await finish(process.execPath, [program, "--base", "HEAD", ...words], {
    cwd: clone,
  });
  if (status === 1) throw new Error(stderr);
  return (performance.now() - began) / 1000;
}
