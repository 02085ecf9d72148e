import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../../../system/errors.ts";
import { waitForLock } from "../../../system/lock.ts";
import { cachedPart, cacheFolder, officialFor, partsFolder } from "../base/cache.ts";
import { requireSpace } from "../base/disk.ts";
import type { Checksums } from "../base/official.ts";
import { buildCosts, type Part } from "../base/parts.ts";
import type { Progress } from "../base/progress.ts";
import { type BuildOptions, buildParts } from "./build.ts";
import { downloadPart } from "./download.ts";
import { Refused } from "./http.ts";

export interface ObtainOptions {
  progress: Progress;
  signal?: AbortSignal;
  checksums: Checksums;
  network: Network;
  /** What is made after this, for the waiting person. */
  next?: string;
  /** Called when a build begins: the time to download what the next one needs. */
  onBuild?: () => void;
}

/** What is known of the network in this run, so that not each part waits for the same refusal. */
export class Network {
  readonly #refused = new Map<string, string>();
  #unreachable = 0;

  /** Why a host is not worth a try, if it is not. */
  refusal(host: string): string | undefined {
    return (
      this.#refused.get(host) ?? (this.#unreachable > 1 ? "no official server can be reached" : undefined)
    );
  }

  note(host: string, refused: Refused): void {
    if (!this.#refused.has(host)) {
      this.#refused.set(host, refused.message);
      this.#unreachable += refused.network ? 1 : 0;
    }
  }
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

/** @returns why the official release could not be had; undefined when it is in the cache. */
async function downloadOfficial(part: Part, options: ObtainOptions): Promise<string | undefined> {
  const { progress, signal, checksums, network } = options;
  const official = officialFor(part, checksums);
  if (official === undefined) {
    return "no sum of an official file for this platform is committed, and nothing is downloaded unchecked";
  }
  const hosts = new Set(official.files.map(({ url }) => new URL(url).host));
  for (const host of hosts) {
    const known = network.refusal(host);
    if (known !== undefined) {
      return known;
    }
  }
  try {
    await progress.step(`download ${part.name} ${official.version}`, { usual: 15 }, (note) =>
      downloadPart(official, { note, ...(signal === undefined ? {} : { signal }) }),
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof Refused)) {
      throw error;
    }
    progress.say(`${part.name} cannot be downloaded, so it is built: ${error.message}.`);
    for (const host of hosts) {
      network.note(host, error);
    }
    return error.message;
  }
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

/** Runs what only one process of this user may do at a time, and says for whom it waits. */
async function withLock<T>(
  name: string,
  { progress, signal }: { progress: Progress; signal: AbortSignal | undefined },
  run: () => Promise<T>,
): Promise<T> {
  const folder = join(cacheFolder(), "locks");
  await mkdir(folder, { recursive: true });
  const release = await waitForLock(join(folder, `${name}.json`), clone, {
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
  const { checksums, signal, progress, network } = options;
  const noted = join(cacheFolder(), "official-plugins-tried");
  const replaceable = parts.filter(
    (part) =>
      cachedPart(part, checksums)?.origin === "stand-in" && officialFor(part, checksums) !== undefined,
  );
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
    const official = officialFor(part, checksums);
    const host = new URL(official?.files[0]?.url ?? "").host;
    if (official === undefined || network.refusal(host) !== undefined) {
      continue;
    }
    try {
      await withLock(part.module, { progress, signal }, () =>
        downloadPart(official, signal === undefined ? {} : { signal }),
      );
      progress.say(`${part.name} ${official.version} is the official plugin from now on, not a stand-in.`);
    } catch (error) {
      if (!(error instanceof Refused)) {
        throw error;
      }
      network.note(host, error);
    }
  }
}

async function changedAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
