/** Other settings than the modes' own, for as long as a drill wants them. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { sandboxPaths } from "../../sandbox/base/paths.ts";
import type { World } from "./index.ts";

/** As `Pulumi.<mode>.yaml` has them; one that is undefined is removed. */
export type Settings = Readonly<Record<string, unknown>>;

/**
 * Goes on with a way to write settings over a mode's own into the files of some modes, as a person does, and puts the files back however
 * that ends.
 */
async function withFiles<T>(
  world: World,
  modes: readonly string[],
  use: (write: (settings: Settings) => Promise<void>) => Promise<T>,
): Promise<T> {
  const files = modes.map((mode) => join(sandboxPaths(world.sandbox.dir).files, `Pulumi.${mode}.yaml`));
  const before = await Promise.all(files.map((file) => readFile(file, "utf8")));
  const write = async (texts: readonly string[]): Promise<void> => {
    await Promise.all(files.map((file, index) => writeFile(file, texts[index] ?? "")));
  };
  try {
    return await use((settings) => {
      const added = Object.entries(settings).map(([key, value]) => [`vllm-platform:${key}`, value]);
      const texts = before.map((text) => {
        const { config, ...rest } = parse(text) as { config?: object };
        return stringify({ ...rest, config: { ...config, ...Object.fromEntries(added) } });
      });
      return write(texts);
    });
  } finally {
    await write(before);
  }
}

/** Goes on with settings in the files of some modes, which the drill brings up by itself. */
export const configured = <T>(
  world: World,
  modes: readonly string[],
  settings: Settings,
  use: () => Promise<T>,
): Promise<T> =>
  withFiles(world, modes, async (write) => {
    await write(settings);
    return use();
  });

/** Brings mode `ml` up with these settings over its own. */
export type Configure = (settings: Settings) => Promise<void>;

/** Lets a drill configure mode `ml` otherwise, and brings it up as it was however the drill ends. */
export async function withSettings<T>(world: World, use: (configure: Configure) => Promise<T>): Promise<T> {
  try {
    return await withFiles(world, ["ml"], (write) =>
      use(async (settings) => {
        await write(settings);
        await world.gpuMode("ml");
      }),
    );
  } finally {
    await world.gpuMode("ml");
    await world.serving();
  }
}
