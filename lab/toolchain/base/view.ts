import { createHash } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type CachedPart, cacheFolder, wordFile } from "./cache.ts";
import type { PartName } from "./parts.ts";
import { versions } from "./versions.ts";

/** Names that Pulumi expects its plugins' folders to have. */
const pluginFolders: Partial<Record<PartName, string>> = {
  "pulumi-resource-kubernetes": `resource-kubernetes-v${versions.kubernetesPlugin}`,
  "pulumi-resource-command": `resource-command-v${versions.commandPlugin}`,
  "pulumi-resource-random": `resource-random-v${versions.randomPlugin}`,
};

/** Parts whose files lie in the folder that is put on PATH. */
const onPath: readonly PartName[] = ["pulumi", "pulumi-language-nodejs", "kubectl"];

/** The folders in which the commands find each other. */
export interface View {
  bin: string;
  plugins: string;
}

/**
 * Lays the parts out as Pulumi looks for them. Clones with other parts have another view: its name is made of where
 * all parts lie, also those that `laid` leaves out.
 */
export function layOut(all: ReadonlyMap<PartName, string>, laid: ReadonlyMap<PartName, CachedPart>): View {
  const name = createHash("sha256")
    .update([...all.values()].join())
    .digest("hex")
    .slice(0, 12);
  const view = join(cacheFolder(), "views", name);
  const bin = join(view, "bin");
  const plugins = join(view, "plugins");
  for (const [part, { folder }] of laid) {
    const plugin = pluginFolders[part];
    if (plugin !== undefined) {
      placeAt(join(folder, part), join(plugins, plugin, part));
    } else if (onPath.includes(part)) {
      for (const file of readdirSync(folder).filter((name) => name !== wordFile)) {
        placeAt(join(folder, file), join(bin, file));
      }
    }
  }
  mkdirSync(bin, { recursive: true });
  mkdirSync(plugins, { recursive: true });
  return { bin, plugins };
}

/**
 * A hard link, not a symbolic one: Pulumi looks for its language host beside where its own symbolic links lead. One
 * that is right is left alone, so that running commands are not disturbed.
 */
function placeAt(executable: string, place: string): void {
  if (existsSync(place) && statSync(place).ino === statSync(executable).ino) {
    return;
  }
  mkdirSync(dirname(place), { recursive: true });
  const fresh = `${place}.${process.pid}`;
  rmSync(fresh, { force: true });
  linkSync(executable, fresh);
  renameSync(fresh, place);
}
