import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { listModes } from "../../../stacks/index.ts";
import { sandboxPaths } from "../../sandbox/base/paths.ts";
import type { World } from "../runs/world.ts";
import type { Row } from "./row.ts";

const previewArgs = ["preview", "-s", "ml", "--expect-no-changes"];

/** Ten settings at their defaults: they are read and checked, and change nothing. */
const tenOptions: Record<string, unknown> = {
  gpuMemoryUtilization: 0.9,
  maxNumSeqs: 16,
  enforceEager: true,
  reasoningParser: false,
  apiKey: false,
  replicas: 1,
  extraArguments: [],
  image: { repository: "vllm/vllm-openai", tag: "v0.8.5.post1", pullPolicy: "IfNotPresent" },
  resources: {
    cpuRequest: "1",
    cpuLimit: "4",
    memoryRequest: "8Gi",
    memoryLimit: "16Gi",
    sharedMemory: "1Gi",
  },
  fallback: { ollamaModel: "llama3.2:1b", healthTimeoutMs: 5000, healthIntervalMs: 10000 },
};

/** A second project folder on the same stacks, with other stack files. */
async function projectWith(
  world: World,
  name: string,
  change: (files: Record<string, string>) => Record<string, string>,
): Promise<string> {
  const { project } = sandboxPaths(world.sandbox.dir);
  const files: Record<string, string> = {};
  for (const file of ["Pulumi.yaml", ...listModes(project).map((mode) => `Pulumi.${mode}.yaml`)]) {
    files[file] = await readFile(join(project, file), "utf8");
  }
  // The copy lies elsewhere: its program is named by its whole path.
  const definition = parse(files["Pulumi.yaml"] ?? "") as { main: string };
  files["Pulumi.yaml"] = stringify({ ...definition, main: resolve(project, definition.main) });
  return world.addProject(name, change(files));
}

function compared(row: Omit<Row, "variants">, name: string, change: Parameters<typeof projectWith>[2]): Row {
  return {
    ...row,
    async variants(world) {
      await world.pulumi(["up", "--yes", "--skip-preview", "-s", "ml"]);
      const unchanged = await projectWith(world, `${row.name}-unchanged`, (files) => files);
      const changed = await projectWith(world, row.name, change);
      const timed = (project: string) => async () => {
        await world.pulumi(previewArgs, project);
      };
      return [
        { name: "ours", run: timed(unchanged) },
        { name, run: timed(changed) },
      ];
    },
  };
}

export const moreOptions = compared(
  {
    name: "more-options",
    title: "preview, with ten further options set",
    goal: { of: "ten more", to: "ours", atMost: 1.1 },
  },
  "ten more",
  (files) => {
    const file = "Pulumi.ml.yaml";
    const content = parse(files[file] ?? "") as { config?: Record<string, unknown> };
    const more = Object.fromEntries(
      Object.entries(tenOptions).map(([key, value]) => [`vllm-platform:${key}`, value]),
    );
    return { ...files, [file]: stringify({ ...content, config: { ...content.config, ...more } }) };
  },
);

export const moreModes = compared(
  {
    name: "more-modes",
    title: "preview, with five more modes in the project",
    goal: { of: "five more", to: "ours", atMost: 1.1 },
  },
  "five more",
  (files) => ({
    ...files,
    ...Object.fromEntries(
      ["a", "b", "c", "d", "e"].map((letter) => [
        `Pulumi.mode-${letter}.yaml`,
        files["Pulumi.r1.yaml"] ?? "",
      ]),
    ),
  }),
);
