import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Part } from "./parts.ts";

/** Folder with the committed Go modules. */
export const goModules = fileURLToPath(new URL("go/", import.meta.url));

/**
 * The cache shared by all clones of this user: `$VLLM_PLATFORM_CACHE`, else the platform's usual place for caches.
 */
export function cacheFolder(): string {
  const { VLLM_PLATFORM_CACHE, XDG_CACHE_HOME } = process.env;
  if (VLLM_PLATFORM_CACHE !== undefined && VLLM_PLATFORM_CACHE !== "") {
    return VLLM_PLATFORM_CACHE;
  }
  const base = XDG_CACHE_HOME ?? join(homedir(), process.platform === "darwin" ? "Library/Caches" : ".cache");
  return join(base, "vllm-platform");
}

/** Folder of one part; another version or another way of building it has another folder. */
export function partFolder(part: Part): string {
  return join(cacheFolder(), "parts", `${part.name}-${part.version}-${recipeHash(part)}`);
}

/** A part lies in the cache once its folder does: it is filled under another name and then renamed. */
export function isCached(part: Part): boolean {
  return existsSync(partFolder(part));
}

/** Beside a downloaded part's files: where it came from. A part without it was built here. */
export const originFile = "origin";

/** In words, where a cached part came from. */
export function originOf(part: Part): string {
  const file = join(partFolder(part), originFile);
  if (existsSync(file)) {
    return readFileSync(file, "utf8");
  }
  return part.standInFor === undefined
    ? "built from the official Go module"
    : `stand-in for ${part.standInFor}`;
}

function recipeHash(part: Part): string {
  const hash = createHash("sha256").update(JSON.stringify(part));
  for (const file of filesBelow(join(goModules, part.module)).sort()) {
    hash.update(file.slice(goModules.length)).update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 12);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}
