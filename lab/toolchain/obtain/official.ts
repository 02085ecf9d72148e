/** The official release of a part: by a committed sum, else by its publisher's word. */
import { chmod, copyFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { finish } from "../../../system/processes.ts";
import { cachedPart, officialFor, publishedFolder, wordFile } from "../base/cache.ts";
import { type Checksums, type Official, officialRelease, thisPlatform } from "../base/official.ts";
import { type Part, parts } from "../base/parts.ts";
import { downloadPart } from "./download.ts";
import { type GetOptions, get, Refused } from "./http.ts";
import { Publications } from "./published.ts";

export interface OfficialOptions extends GetOptions {
  checksums: Checksums;
  network: Network;
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
 * Brings the official release of a part into the cache.
 * @returns why it could not be had; undefined when it is there.
 * @throws UserError where a file has another sum than it must.
 */
export async function fetchOfficial(
  part: Part,
  options: OfficialOptions,
  note: (text: string) => void = () => {},
): Promise<string | undefined> {
  const { checksums, network } = options;
  const release = releaseOf(part);
  const refusal = whyNotTried(part, options);
  if (refusal !== undefined || release === undefined) {
    return refusal;
  }
  const committed = officialFor(part, checksums);
  try {
    if (committed !== undefined) {
      await downloadPart({ ...committed, word: "is committed" }, { ...options, note });
    } else if (isPlugin(part)) {
      await installPlugin(part, release, options);
    } else {
      await downloadPublished(part, release, { ...options, note });
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof Refused)) {
      throw error;
    }
    if (error.host !== undefined) {
      network.note(error.host, error);
    }
    return error.message;
  }
}

/** Why an official release is not worth a try, if it is not. */
export function whyNotTried(part: Part, { checksums, network }: OfficialOptions): string | undefined {
  const release = releaseOf(part);
  if (release === undefined) {
    return "it is not published for this platform";
  }
  const asksSums = officialFor(part, checksums) === undefined && !isPlugin(part);
  const hosts = release.files.flatMap(({ url, published }) => [
    ...(asksSums && published.kind !== "module" ? [hostOf(published.url)] : []),
    hostOf(url),
  ]);
  return hosts.map((host) => network.refusal(host)).find((known) => known !== undefined);
}

const hostOf = (url: string): string => new URL(url).host;

function releaseOf({ name }: Part): Official | undefined {
  const platform = thisPlatform();
  return platform && officialRelease(name, platform);
}

async function downloadPublished(
  part: Part,
  release: Official,
  options: OfficialOptions & { note: (text: string) => void },
): Promise<void> {
  const publications = new Publications(options);
  const sums: string[] = [];
  const places = new Set<string>();
  for (const { url, published } of release.files) {
    if (published.kind === "module") {
      throw new Refused("no sum is published for it, so it is taken from its Go module", false);
    }
    sums.push(await publications.sumOf(url, published));
    places.add(published.url);
  }
  const checkedBy = `its publisher's sum (${[...places].join(", ")})`;
  const folder = publishedFolder(part, release.version);
  await downloadPart({ ...release, folder, sums, word: "is what its publisher says", checkedBy }, options);
}

const isPlugin = ({ name }: Part): boolean => name.startsWith("pulumi-resource-");

/** No SHA-256 sum is published for plugins. Pulumi fetches them as it does for everybody, and trusts its server. */
async function installPlugin(
  part: Part,
  { version, files }: Official,
  options: OfficialOptions,
): Promise<void> {
  const { checksums, instead, signal } = options;
  const [{ url } = { url: "" }] = files;
  const pulumi = parts.find(({ name }) => name === "pulumi");
  const cli = pulumi && cachedPart(pulumi, checksums)?.folder;
  if (cli === undefined) {
    throw new Refused("Pulumi, which fetches its plugins, is not there yet", false);
  }
  // Pulumi would try for minutes where nobody answers.
  (await get(url, options)).destroy();
  const server = new URL(".", instead?.(url) ?? url).href.replace(/\/$/, "");
  const folder = publishedFolder(part, version);
  const unfinished = `${folder}.unfinished-${process.pid}`;
  const home = join(unfinished, "home");
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  try {
    const plugin = part.name.replace("pulumi-resource-", "");
    const args = ["plugin", "install", "resource", plugin, version, "--server", server];
    const env = { ...process.env, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" };
    const { status, stderr } = await finish(join(cli, "pulumi"), args, { env, signal });
    if (status !== 0) {
      throw new Refused(`pulumi plugin install said: ${stderr.trim().split("\n").at(-1)}`, false);
    }
    const executable = join(home, "plugins", `resource-${plugin}-v${version}`, part.name);
    await copyFile(executable, join(unfinished, part.name));
    await chmod(join(unfinished, part.name), 0o755);
    await rm(home, { recursive: true });
    await writeFile(join(unfinished, wordFile), `pulumi plugin install, from ${new URL(url).host}`);
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
