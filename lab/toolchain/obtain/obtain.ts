import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../../../system/errors.ts";
import { readLock, waitForLock } from "../../../system/lock.ts";
import { cachedPart, cacheFolder, partsFolder } from "../base/cache.ts";
import { requireSpace } from "../base/disk.ts";
import { buildCosts, type Part } from "../base/parts.ts";
import type { Progress } from "../base/progress.ts";
import { type BuildOptions, buildParts } from "./build.ts";
import { fetchOfficial, type OfficialOptions, whyNotTried } from "./official.ts";

export interface ObtainOptions extends OfficialOptions {
  progress: Progress;
  /** What is made after this, for the waiting person. */
  next?: string;
  /** Called when a build begins: the time to download what the next one needs. */
  onBuild?: () => void;
}

/**
 * Brings parts of one Go module into the cache: the official release where that can be had, else built.
 * @throws UserError where neither is possible, with the way out.
 */
export async function obtain(parts: readonly Part[], options: ObtainOptions): Promise<void> {
  const { progress, signal, checksums } = options;
  const name = parts[0]?.module ?? "";
  await withLock(name, { progress, signal }, async () => {
    const missing = parts.filter((part) => cachedPart(part, checksums) === undefined);
    await removeUnfinished(missing);
    const refusals = new Set<string>();
    const toBuild: Part[] = [];
    for (const part of missing) {
      const refusal = await downloadOfficial(part, options);
      if (refusal !== undefined) {
        refusals.add(refusal);
        toBuild.push(part);
      }
    }
    if (toBuild.length > 0) {
      await build(toBuild, [...refusals], options);
    }
  });
}

/** The same as a step that is shown, where it is worth a try. */
async function downloadOfficial(part: Part, options: ObtainOptions): Promise<string | undefined> {
  const { progress } = options;
  const hopeless = whyNotTried(part, options);
  if (hopeless !== undefined) {
    return hopeless;
  }
  const refusal = await progress.step(`download ${part.name}`, { usual: 15 }, (note) =>
    fetchOfficial(part, options, note),
  );
  if (refusal !== undefined) {
    progress.say(`${part.name} cannot be downloaded, so it is built: ${refusal}.`);
  }
  return refusal;
}

async function build(
  parts: readonly Part[],
  refusals: readonly string[],
  options: ObtainOptions,
): Promise<void> {
  const { progress, signal, next, onBuild } = options;
  const cost = buildCosts[parts[0]?.module ?? "stand-ins"];
  await requireSpace(cost.megabytes);
  const versions = new Set(parts.map(({ version }) => version));
  const names =
    versions.size === 1
      ? `${parts.map(({ name }) => name).join(", ")} ${[...versions][0]}`
      : parts.map(({ name, version }) => `${name} ${version}`).join(", ");
  try {
    await progress.step(
      `build ${names}`,
      { usual: cost.seconds, ...(next === undefined ? {} : { next }) },
      (note) => {
        onBuild?.();
        const buildOptions: BuildOptions = { note, ...(signal === undefined ? {} : { signal }) };
        return buildParts(parts, buildOptions);
      },
    );
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    throw new UserError(`${error.message} (Not downloaded either: ${refusals.join("; ")}.)`);
  }
}

const clone = fileURLToPath(new URL("../../..", import.meta.url));

const locksFolder = (): string => join(cacheFolder(), "locks");

/** Whether somebody is bringing a part into the cache just now, this process included. */
export async function isObtaining(): Promise<boolean> {
  const names = await readdir(locksFolder());
  const locks = await Promise.all(names.map((name) => readLock(join(locksFolder(), name))));
  return locks.some(({ holder }) => holder !== undefined);
}

/** Runs what only one process of this user may do at a time, and says for whom it waits. */
async function withLock<T>(
  name: string,
  { progress, signal }: { progress: Progress; signal: AbortSignal | undefined },
  run: () => Promise<T>,
): Promise<T> {
  await mkdir(locksFolder(), { recursive: true });
  const release = await waitForLock(join(locksFolder(), `${name}.json`), clone, {
    signal,
    onWait: ({ pid, title }) =>
      progress.say(`Waiting for ${name}, which process ${pid} (of ${title}) is bringing into the cache.`),
  });
  try {
    return await run();
  } finally {
    await release();
  }
}

/** What killed runs left. We hold the module's lock, so nobody works on it. */
async function removeUnfinished(parts: readonly Part[]): Promise<void> {
  await mkdir(partsFolder(), { recursive: true });
  const mine = parts.flatMap(({ name, module }) => [
    new RegExp(`^${name}-\\d.*\\.unfinished-`),
    new RegExp(`^${module}\\.unfinished-`),
  ]);
  for (const name of await readdir(partsFolder())) {
    if (mine.some((pattern) => pattern.test(name))) {
      await rm(join(partsFolder(), name), { recursive: true, force: true });
    }
  }
}

/** How long a stand-in serves before the official plugin is tried again, in milliseconds. */
const dayMs = 24 * 60 * 60 * 1000;

/**
 * Tries the official release of parts that a stand-in serves for, at most once a day and without a word where it
 * cannot be had: the stand-ins go on then.
 */
export async function replaceStandIns(parts: readonly Part[], options: ObtainOptions): Promise<void> {
  const { checksums, signal, progress } = options;
  const noted = join(cacheFolder(), "official-plugins-tried");
  const replaceable = parts.filter((part) => cachedPart(part, checksums)?.origin === "stand-in");
  if (replaceable.length === 0 || Date.now() - (await changedAt(noted)) < dayMs) {
    return;
  }
  // A cache that is another user's serves as it is.
  const writable = await writeFile(noted, "").then(
    () => true,
    () => false,
  );
  if (!writable) {
    return;
  }
  for (const part of replaceable) {
    const refusal = await withLock(part.module, { progress, signal }, () => fetchOfficial(part, options));
    if (refusal === undefined) {
      progress.say(`${part.name} ${part.version} is the official plugin from now on, not a stand-in.`);
    }
  }
}

async function changedAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
