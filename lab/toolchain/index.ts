/**
 * Where the engine's parts come from: Pulumi, its plugins and the cluster's binaries, all in one cache that the clones
 * of a user share. Already there → official download, by a committed sum or its publisher's → built from the official Go module → one
 * clear error.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { builtFolder, type CachedPart, cachedPart, ownCache } from "./base/cache.ts";
import { explainDisk } from "./base/disk.ts";
import { type Checksums, committedChecksums } from "./base/official.ts";
import { requireTrust, takeFolder } from "./base/own-folder.ts";
import { buildCosts, everydayParts, type Part, type PartName, parts } from "./base/parts.ts";
import type { Progress } from "./base/progress.ts";
import { layOut } from "./base/view.ts";
import { fetchModules } from "./obtain/build.ts";
import { downloadsFolder } from "./obtain/download.ts";
import { removeGoCaches } from "./obtain/go.ts";
import { isObtaining, type ObtainOptions, obtain, replaceStandIns } from "./obtain/obtain.ts";
import { Network } from "./obtain/official.ts";

export { cacheFolder, folderInCache, ownCache } from "./base/cache.ts";
export { everydayParts, type Part, type PartName, parts } from "./base/parts.ts";

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

export interface EnsureOptions {
  progress: Progress;
  signal?: AbortSignal;
  /** Default: all but those that are brought on demand. */
  parts?: readonly PartName[];
  /** Sums of official files; tests put their own server's here. Default: the committed ones. */
  checksums?: Checksums;
  /** Where to ask instead of an official server, for tests. */
  instead?: (url: string) => string;
}

/**
 * The toolchain if all these parts lie in the cache, else undefined. Costs milliseconds.
 * @throws UserError where the parts lie there, but the cache cannot be written to lay them out, or others may write into it.
 */
export function findToolchain(
  names?: readonly PartName[],
  checksums: Checksums = committedChecksums(),
): Toolchain | undefined {
  const wanted = wantedParts(names);
  if (!wanted.every((part) => cachedPart(part, checksums))) {
    return undefined;
  }
  try {
    return assemble(wanted, checksums);
  } catch (error) {
    throw explainDisk(error);
  }
}

// One after the other in this process: what two calls both want is made once, and builds would only slow each other down.
let queue: Promise<unknown> = Promise.resolve();

/**
 * Makes the parts available, those of the cluster first.
 * @throws UserError where a part cannot be had, or the cache's folder holds things of others, with the way out; or the
 * signal's reason.
 */
export function ensureToolchain(options: EnsureOptions): Promise<Toolchain> {
  const ensured = queue.then(() => ensure(options));
  queue = ensured.catch(() => undefined);
  return ensured;
}

async function ensure({
  progress,
  signal,
  parts: names,
  instead,
  ...rest
}: EnsureOptions): Promise<Toolchain> {
  const checksums = rest.checksums ?? committedChecksums();
  const wanted = wantedParts(names);
  const missing = () => wanted.filter((part) => cachedPart(part, checksums) === undefined);
  const options = {
    progress,
    checksums,
    network: new Network(),
    ...(signal === undefined ? {} : { signal }),
    ...(instead === undefined ? {} : { instead }),
  };
  const begun = missing().length > 0;
  try {
    if (begun) {
      await takeFolder(ownCache());
    }
    await obtainAll(missing(), options);
    await replaceStandIns(wanted, options);
    const isWhole = [...everydayParts, ...wanted].every((part) => cachedPart(part, checksums));
    // Another clone that still builds needs them, and removes them in its turn.
    if (begun && isWhole && !(await isObtaining())) {
      await removeLeftovers();
    }
    return assemble(wanted, checksums);
  } catch (error) {
    throw explainDisk(error);
  }
}

async function obtainAll(missing: readonly Part[], options: ObtainOptions): Promise<void> {
  const groups = [...Map.groupBy(missing, ({ module }) => module).values()];
  const fetching = new AbortController();
  const fetches: Promise<void>[] = [];
  try {
    for (const [index, group] of groups.entries()) {
      const next = groups[index + 1];
      await obtain(group, {
        ...options,
        ...(next === undefined ? {} : { next: title(next) }),
        // While the processors compile this one, the network brings what the next one needs.
        onBuild: () => {
          const module = next?.[0]?.module;
          if (module !== undefined) {
            fetches.push(fetchModules(module, fetching.signal));
          }
        },
      });
    }
  } finally {
    fetching.abort();
    await Promise.all(fetches);
  }
}

function title(group: readonly Part[]): string {
  const minutes = Math.round(buildCosts[group[0]?.module ?? "stand-ins"].seconds / 60);
  return `${group.map(({ name }) => name).join(", ")}${minutes > 0 ? ` (about ${minutes} min)` : ""}`;
}

function wantedParts(names: readonly PartName[] | undefined): Part[] {
  return names === undefined ? [...everydayParts] : parts.filter(({ name }) => names.includes(name));
}

/** What serves only as long as parts are missing. */
async function removeLeftovers(): Promise<void> {
  await rm(downloadsFolder(), { recursive: true, force: true });
  if (!process.env.VLLM_PLATFORM_KEEP_BUILD_CACHE) {
    await removeGoCaches();
  }
}

function assemble(wanted: readonly Part[], checksums: Checksums): Toolchain {
  requireTrust(ownCache());
  const folders = new Map<PartName, string>();
  const found = new Map<PartName, CachedPart>();
  for (const part of parts) {
    const cached = cachedPart(part, checksums);
    if (part.onDemand === undefined) {
      folders.set(part.name, cached?.folder ?? builtFolder(part));
    }
    if (cached !== undefined && wanted.includes(part)) {
      found.set(part.name, cached);
    }
  }
  return {
    ...layOut(folders, found),
    path(name) {
      const folder = found.get(name)?.folder;
      if (folder === undefined) {
        throw new Error(`${name} was not asked for`);
      }
      return join(folder, name);
    },
    warnings: wanted
      .filter(({ name }) => found.get(name)?.origin === "stand-in")
      .map(({ standInFor = "" }) => standInWarning(standInFor)),
  };
}

function standInWarning(standInFor: string): string {
  return `warning: a stand-in is used for ${standInFor}: it could not be downloaded and is tried again once a day`;
}
