import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { sandboxPaths } from "../../sandbox/base/paths.ts";
import type { World } from "./index.ts";

/** Brings mode `ml` up with these settings over its own; one that is undefined is removed. */
export type Configure = (settings: Readonly<Record<string, unknown>>) => Promise<void>;

/** Lets a drill configure mode `ml` otherwise, and brings it up as it was however the drill ends. */
export async function withSettings<T>(world: World, use: (configure: Configure) => Promise<T>): Promise<T> {
  const file = join(sandboxPaths(world.sandbox.dir).files, "Pulumi.ml.yaml");
  const before = await readFile(file, "utf8");
  try {
    return await use(async (settings) => {
      const content = parse(before) as { config?: object };
      const prefixed = Object.entries(settings).map(([key, value]) => [`vllm-platform:${key}`, value]);
      await writeFile(
        file,
        // An undefined one is not written.
        stringify({ ...content, config: { ...content.config, ...Object.fromEntries(prefixed) } }),
      );
      await world.gpuMode("ml");
    });
  } finally {
    await writeFile(file, before);
    await world.gpuMode("ml");
    await world.serving();
  }
}
