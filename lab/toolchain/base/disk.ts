import { mkdir, statfs } from "node:fs/promises";
import { UserError } from "../../../system/errors.ts";
import { cacheFolder } from "./cache.ts";

const faults: Record<string, string> = {
  ENOSPC: "the disk is full: free some space",
  EDQUOT: "this user's share of the disk is used up: free some space",
  EACCES: "this user may not write there: fix its permissions",
  EPERM: "this user may not write there: fix its permissions",
  EROFS: "its file system is read-only",
  ENOTDIR: "a part of that path is a file, not a folder",
  EEXIST: "a part of that path is a file, not a folder",
};

const writing = /^(open|write|mkdir|mkdtemp|rename|link|symlink|copyfile|fsync)$/;

/** In words what is wrong with the disk, where that is what an error says. */
export function diskFault(error: unknown): string | undefined {
  return error instanceof Error &&
    "code" in error &&
    "syscall" in error &&
    writing.test(String(error.syscall))
    ? faults[String(error.code)]
    : undefined;
}

/** The error as it is, or a UserError in its place where the cache's folder is at fault. */
export function explainDisk(error: unknown): unknown {
  const fault = diskFault(error);
  return fault === undefined
    ? error
    : new UserError(
        `The toolchain's cache ${cacheFolder()} cannot be written: ${fault}, or name another folder in VLLM_PLATFORM_CACHE.`,
      );
}

/** Bytes that this user can still write where the cache lies. */
async function freeBytes(): Promise<number> {
  const { bavail, bsize } = await statfs(cacheFolder());
  return bavail * bsize;
}

/**
 * Refuses to begin what would end on a full disk a quarter of an hour later.
 * @throws UserError naming what is needed and what is free.
 */
export async function requireSpace(
  megabytes: number,
  free: () => Promise<number> = freeBytes,
): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true });
  const seen = await free();
  if (seen < megabytes * 1e6) {
    throw new UserError(
      `Building the missing parts of the toolchain needs about ${gigabytes(megabytes * 1e6)} in ${cacheFolder()}, and ${gigabytes(seen)} are free there: free some space, or name another folder in VLLM_PLATFORM_CACHE.`,
    );
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
