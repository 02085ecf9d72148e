/**
 * Where the engine's parts come from: Pulumi, its plugins, and the cluster's binaries, all in one cache that the
 * clones of a user share. Already there → official download where its sum is committed → built from the official Go modules → one clear error.
 */
import { existsSync, linkSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import lockfile from "proper-lockfile";
import { buildCaches, buildPart } from "./build.ts";
import { cacheFolder, isCached, originOf, partFolder } from "./cache.ts";
import { downloadPart, officialFiles } from "./download.ts";
import { type Part, type PartName, parts } from "./parts.ts";
import type { Progress } from "./progress.ts";
import { UserError } from "./user-error.ts";
import { versions } from "./versions.ts";

export { cacheFolder } from "./cache.ts";
export { type Part, type PartName, parts } from "./parts.ts";

export interface Toolchain {
  /** Absolute path of a part: the executable, or for custom resources the YAML file or folder. */
  path(part: PartName): string;
  /** Folder with `pulumi`, its language host and `kubectl`, to be put first on PATH. */
  readonly bin: string;
  /** A `plugins` folder as PULUMI_HOME has it. */
  readonly plugins: string;
  /** One line for each stand-in in use. */
  readonly warnings: string[];
}

/** Names that Pulumi expects its plugins' folders to have. */
const pluginFolders: Partial<Record<PartName, string>> = {
  "pulumi-resource-kubernetes": `resource-kubernetes-v${versions.kubernetesPlugin}`,
  "pulumi-resource-command": `resource-command-v${versions.commandPlugin}`,
  "pulumi-resource-random": `resource-random-v${versions.randomPlugin}`,
};

/** The toolchain if all these parts lie in the cache, else undefined. Costs milliseconds. */
export function findToolchain(names?: readonly PartName[]): Toolchain | undefined {
  const wanted = wantedParts(names);
  return wanted.every(isCached) ? assemble(wanted) : undefined;
}

// One build at a time in this process: two would only slow each other down.
let queue: Promise<unknown> = Promise.resolve();

/**
 * Makes the parts available, building those that are missing one after the other.
 * @throws UserError where a part cannot be had, with the way out.
 */
export async function ensureToolchain(options: {
  progress: Progress;
  signal?: AbortSignal;
  parts?: readonly PartName[];
}): Promise<Toolchain> {
  const { progress, signal } = options;
  const wanted = wantedParts(options.parts);
  for (const [index, part] of wanted.entries()) {
    if (!isCached(part)) {
      const next = wanted.slice(index + 1).find((other) => !isCached(other))?.name;
      const built = queue.then(() => ensurePart(part, next, progress, signal)).catch(explainDisk);
      queue = built.catch(() => undefined);
      await built;
    }
  }
  if (parts.every(isCached) && process.env.VLLM_PLATFORM_KEEP_BUILD_CACHE === undefined) {
    await removeBuildCaches();
  }
  return assemble(wanted);
}

const diskFaults: Record<string, string> = {
  ENOSPC: "the disk is full: free some space",
  EACCES: "this user may not write there: mend its permissions",
  EROFS: "its file system is read-only",
  ENOTDIR: "a part of that path is a file, not a folder",
  EEXIST: "a part of that path is a file, not a folder",
};

/** @throws always: a UserError where the cache's place is at fault, else the error as it is. */
function explainDisk(error: unknown): never {
  const fault = error instanceof Error && "code" in error ? diskFaults[String(error.code)] : undefined;
  if (fault === undefined) {
    throw error;
  }
  throw new UserError(
    `The toolchain's cache ${cacheFolder()} cannot be written: ${fault}, or name another folder in VLLM_PLATFORM_CACHE.`,
  );
}

function wantedParts(names: readonly PartName[] | undefined): Part[] {
  return parts.filter(({ name }) => names === undefined || names.includes(name));
}

/** Builds one part, unless another process is at it: then waits for that one. */
async function ensurePart(
  part: Part,
  next: string | undefined,
  progress: Progress,
  signal: AbortSignal | undefined,
) {
  const locks = join(cacheFolder(), "locks");
  await mkdir(locks, { recursive: true });
  const lock = join(locks, part.name);
  if (await lockfile.check(lock, { realpath: false })) {
    progress.say(`${part.name} is being built by another process; waiting for it`);
  }
  const release = await lockfile.lock(lock, {
    realpath: false,
    stale: 10_000,
    retries: { forever: true, minTimeout: 500, maxTimeout: 2000 },
  });
  try {
    signal?.throwIfAborted();
    if (!isCached(part)) {
      await removeUnfinished(part);
      const files = await officialFiles();
      if (`${part.name}-${part.version}-${process.platform}-${process.arch}` in files) {
        const refusal = await progress.step(`download ${part.name} ${part.version}`, { usual: 15 }, () =>
          downloadPart(part, files, signal),
        );
        if (refusal === undefined) {
          return;
        }
        progress.say(`${refusal}; building ${part.name} instead`);
      }
      await progress.step(
        `build ${part.name} ${part.version}`,
        { usual: part.usualSeconds, ...(next === undefined ? {} : { next }) },
        (note) => buildPart(part, signal, note),
      );
    }
  } finally {
    await release();
  }
}

/** What a killed build left. We hold the part's lock, so nobody works on it. */
async function removeUnfinished(part: Part): Promise<void> {
  const folder = join(cacheFolder(), "parts");
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (name.startsWith(`${part.name}-${part.version}-`) && name.includes(".unfinished-")) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

/** Go's caches are several GB that nobody needs once all parts are built. */
async function removeBuildCaches(): Promise<void> {
  const { GOMODCACHE, GOCACHE } = buildCaches();
  if (existsSync(GOMODCACHE)) {
    await makeWritable(GOMODCACHE);
  }
  await rm(GOMODCACHE, { recursive: true, force: true });
  await rm(GOCACHE, { recursive: true, force: true });
}

/** Go makes its module cache read-only, folders included. */
async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      await makeWritable(join(folder, entry.name));
    }
  }
}

function assemble(wanted: readonly Part[]): Toolchain {
  const view = join(cacheFolder(), "views", versions.pulumi);
  const bin = join(view, "bin");
  const plugins = join(view, "plugins");
  for (const part of wanted) {
    const plugin = pluginFolders[part.name];
    if (plugin !== undefined) {
      placeAt(join(partFolder(part), part.name), join(plugins, plugin, part.name));
    } else if (part.name === "pulumi" || part.name === "kubectl") {
      placeAt(join(partFolder(part), part.name), join(bin, part.name));
    } else if (part.name === "pulumi-language-nodejs") {
      placeAt(join(partFolder(part), part.name), join(bin, part.name));
      placeAt(join(partFolder(part), `${part.name}-host`), join(bin, `${part.name}-host`));
    }
  }
  return {
    path(name) {
      const part = wanted.find((one) => one.name === name);
      if (part === undefined) {
        throw new Error(`${name} was not asked for`);
      }
      return join(partFolder(part), part.name);
    },
    bin,
    plugins,
    warnings: wanted
      .filter((part) => originOf(part).startsWith("stand-in"))
      .map((part) => `warning: a stand-in is used for ${part.standInFor}`),
  };
}

/**
 * Lays an executable where Pulumi looks for it. A hard link, not a symbolic one: Pulumi looks for its language host
 * beside where its own symbolic links lead. One that is right is left alone, so that running commands are not disturbed.
 */
function placeAt(executable: string, place: string): void {
  if (statSync(place, { throwIfNoEntry: false })?.ino === statSync(executable).ino) {
    return;
  }
  mkdirSync(dirname(place), { recursive: true });
  const fresh = `${place}.${process.pid}`;
  rmSync(fresh, { force: true });
  linkSync(executable, fresh);
  renameSync(fresh, place);
}
