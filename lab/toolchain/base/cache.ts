import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Checksums, type Official, officialRelease, thisPlatform } from "./official.ts";
import { type OwnFolder, requireTrust, takeFolder } from "./own-folder.ts";
import type { Part } from "./parts.ts";

/** Folder with the committed Go modules. */
export const goModules = fileURLToPath(new URL("../go/", import.meta.url));

/**
 * The cache shared by all clones of this user: `$VLLM_PLATFORM_CACHE`, else the platform's usual place for caches.
 */
export function cacheFolder(): string {
  const { VLLM_PLATFORM_CACHE, XDG_CACHE_HOME } = process.env;
  if (VLLM_PLATFORM_CACHE !== undefined && VLLM_PLATFORM_CACHE !== "") {
    return resolve(VLLM_PLATFORM_CACHE);
  }
  // The specification of that variable has a relative or empty one ignored.
  const base =
    XDG_CACHE_HOME !== undefined && isAbsolute(XDG_CACHE_HOME)
      ? XDG_CACHE_HOME
      : join(homedir(), process.platform === "darwin" ? "Library/Caches" : ".cache");
  return join(base, "vllm-platform");
}

/** What is installed or built in the cache on demand, besides the toolchain: a folder each. */
const onDemand = ["litellm", "node-releases", "openssh", "real-vllm", "zizmor"] as const;

/** The cache as a folder of this project's own. */
export function ownCache(): OwnFolder {
  return {
    folder: cacheFolder(),
    title: "the toolchain",
    variable: "VLLM_PLATFORM_CACHE",
    entries: [
      ...["parts", "views", "locks", "logs", "downloads", "go", "official-plugins-tried"],
      ...["usual-seconds.json", "test-seconds.json", ...onDemand],
    ],
    telltales: ["parts", "locks", "usual-seconds.json", "test-seconds.json"],
  };
}

/**
 * Where something lies that is made on demand. It need not be there; the cache is, and marked, so that `npm run clean -- --cache`
 * knows it even where nothing else is in it.
 * @throws UserError where the cache's folder holds things of others, or somebody else's word would count in it
 */
export async function folderInCache(name: (typeof onDemand)[number], ...below: string[]): Promise<string> {
  const own = ownCache();
  const folder = join(own.folder, name, ...below);
  if (existsSync(folder)) requireTrust(own);
  else await takeFolder(own);
  return folder;
}

/** Where all parts lie. A folder is filled under another name and then renamed, so what is there is complete. */
export function partsFolder(): string {
  return join(cacheFolder(), "parts");
}

/** Where a part lies once it is built; another version or another way of building it has another folder. */
export function builtFolder(part: Part): string {
  return join(partsFolder(), `${part.name}-${part.version}-${recipeHash(part)}`);
}

/** A part's official release for this machine if all its sums are committed, and where it lies once downloaded. */
export function officialFor(
  part: Part,
  checksums: Checksums,
): (Official & { folder: string; sums: readonly string[] }) | undefined {
  const platform = thisPlatform();
  const official = platform && officialRelease(part.name, platform);
  if (official === undefined) {
    return undefined;
  }
  const sums = official.files.map(({ url }) => checksums[url]);
  if (!sums.every((sum) => sum !== undefined)) {
    return undefined;
  }
  const hash = createHash("sha256").update(sums.join()).digest("hex").slice(0, 12);
  return {
    ...official,
    sums,
    folder: join(partsFolder(), `${part.name}-${official.version}-official-${hash}`),
  };
}

/** Where a part's official release lies that was taken by its publisher's word, as no sum of it is committed. */
export function publishedFolder(part: Part, version: string): string {
  return join(partsFolder(), `${part.name}-${version}-published`);
}

/** In that folder: by whose word. */
export const wordFile = ".checked-by";

/** A part in the cache. */
export interface CachedPart {
  folder: string;
  version: string;
  origin: "official download" | "built from its Go module" | "stand-in";
  /** What its content was checked by. */
  checkedBy: string;
}

/** What the cache has of a part; the official one where it has both, and that with a committed sum first. */
export function cachedPart(part: Part, checksums: Checksums): CachedPart | undefined {
  const official = officialFor(part, checksums);
  if (official !== undefined && existsSync(official.folder)) {
    const { folder, version } = official;
    return { folder, version, origin: "official download", checkedBy: "the committed sum" };
  }
  const platform = thisPlatform();
  const version = platform && officialRelease(part.name, platform)?.version;
  const published = version && publishedFolder(part, version);
  if (version && published && existsSync(published)) {
    const checkedBy = readFileSync(join(published, wordFile), "utf8");
    return { folder: published, version, origin: "official download", checkedBy };
  }
  const folder = builtFolder(part);
  if (existsSync(folder)) {
    const origin = part.standInFor === undefined ? "built from its Go module" : "stand-in";
    return { folder, version: part.version, origin, checkedBy: "the committed go.sum" };
  }
  return undefined;
}

/** Only what changes the result goes in: not the usual times, nor documentation and tests beside the sources. */
function recipeHash(part: Part): string {
  const { name, version, module, recipe } = part;
  const hash = createHash("sha256").update(JSON.stringify({ name, version, module, recipe }));
  for (const file of filesBelow(join(goModules, module)).sort()) {
    if (!/\.md$|_test\.go$/.test(file)) {
      hash.update(file.slice(goModules.length)).update(readFileSync(file));
    }
  }
  return hash.digest("hex").slice(0, 12);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}
