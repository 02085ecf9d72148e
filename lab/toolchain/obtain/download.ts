import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { chmod, copyFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { x } from "tar";
import { UserError } from "../../../system/errors.ts";
import { cacheFolder, wordFile } from "../base/cache.ts";
import type { OfficialFile } from "../base/official.ts";
import { brokenOff, type GetOptions, get, Refused } from "./http.ts";

/** Where archives lie while the parts in them are taken out; two parts can be in one archive. */
export const downloadsFolder = () => join(cacheFolder(), "downloads");

export interface DownloadOptions extends GetOptions {
  /** Called with what has arrived so far. */
  note?: (text: string) => void;
}

export interface Download {
  folder: string;
  files: readonly OfficialFile[];
  /** The SHA-256 sum that each file must have. */
  sums: readonly string[];
  /** What is to be said of such a sum: `is committed`. */
  word: string;
  /** Written beside the files: what they were checked by. */
  checkedBy?: string;
}

/**
 * Fills a part's folder from its official files, under a temporary name that becomes the final one only when all
 * is there and has its sum.
 * @throws Refused where a file cannot be had; UserError where it has another sum, which ends the run.
 * Nothing of it is then left.
 */
export async function downloadPart(
  { folder, files, sums, word, checkedBy }: Download,
  options: DownloadOptions = {},
): Promise<void> {
  const unfinished = `${folder}.unfinished-${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  try {
    for (const [index, file] of files.entries()) {
      const download = await fetchChecked({ url: file.url, sum: sums[index] ?? "", word }, options);
      await takeOut(file, download, unfinished);
    }
    if (checkedBy !== undefined) {
      await writeFile(join(unfinished, wordFile), checkedBy);
    }
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** @returns the path of the file with that sum. */
async function fetchChecked(
  { url, sum, word }: { url: string; sum: string; word: string },
  options: DownloadOptions,
): Promise<string> {
  const { signal, note } = options;
  const file = join(downloadsFolder(), sum);
  // Its name alone would be the word of whoever wrote it.
  if (existsSync(file) && (await sumOf(file)) === sum) {
    return file;
  }
  await mkdir(downloadsFolder(), { recursive: true });
  const answer = await get(url, options);
  const unfinished = `${file}.unfinished-${process.pid}`;
  const hash = createHash("sha256");
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      note?.(`${Math.round(bytes / 1e6)} MB`);
      done(null, chunk);
    },
  });
  try {
    await pipeline(
      answer,
      counted,
      createWriteStream(unfinished),
      ...(signal === undefined ? [] : [{ signal }]),
    );
    const seen = hash.digest("hex");
    if (seen !== sum) {
      throw new UserError(
        `${url} has the SHA-256 sum ${seen}, and ${sum} ${word}: nothing of it was used. Look what stands between this machine and that server (a proxy may change downloads) and run the same command again; where another network gives the same sum, ask the publisher.`,
      );
    }
    await rename(unfinished, file);
  } catch (error) {
    signal?.throwIfAborted();
    // A full disk is no refusal, and building would not help.
    if (error instanceof UserError || isDiskFault(error)) {
      throw error;
    }
    throw brokenOff(url, error as Error);
  } finally {
    await rm(unfinished, { force: true });
  }
  return file;
}

async function sumOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

function isDiskFault(error: unknown): boolean {
  return (
    error instanceof Error && "syscall" in error && (error.syscall === "write" || error.syscall === "open")
  );
}

async function takeOut({ take }: OfficialFile, download: string, into: string): Promise<void> {
  if (typeof take === "string") {
    const target = join(into, take);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(download, target);
    await chmod(target, /\.ya?ml$|-crds$/.test(take) ? 0o644 : 0o755);
    return;
  }
  const archive = join(into, "archive");
  await mkdir(archive);
  await x({ file: download, cwd: archive }, Object.keys(take));
  for (const [from, name] of Object.entries(take)) {
    if (!existsSync(join(archive, from))) {
      throw new Refused(`the official archive has no ${from}`, false);
    }
    await rename(join(archive, from), join(into, name));
    await chmod(join(into, name), 0o755);
  }
  await rm(archive, { recursive: true });
}
