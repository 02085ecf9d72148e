import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../../../system/errors.ts";
import { run } from "../../../system/processes.ts";
import { goModules } from "../base/cache.ts";
import {
  checksumsFile,
  type OfficialFile,
  officialRelease,
  type PublishedSum,
  platforms,
} from "../base/official.ts";
import { parts } from "../base/parts.ts";
import { goEnvironment } from "./go.ts";
import { getText, Refused } from "./http.ts";

export interface SumsOptions {
  signal?: AbortSignal;
  /** The table to write. Default: the committed one. */
  file?: string;
  /** Where to ask instead of an official server, for tests. */
  instead?: (url: string) => string;
  /** Files to look up. Default: all files of all parts on all platforms. */
  files?: readonly OfficialFile[];
}

const patienceMs = 30_000;

/**
 * Fills the table of SHA-256 sums with what the publishers say. A sum that is committed already is never replaced: a
 * release does not change, so another sum for the same address is an error to look into.
 * @returns a line for each file whose publisher gives no sum.
 * @throws UserError where a publisher now gives another sum, with nothing written.
 */
export async function updateChecksums(options: SumsOptions = {}): Promise<string[]> {
  const file = options.file ?? fileURLToPath(checksumsFile);
  const committed = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
  const wanted = options.files ?? allFiles();
  const found: Record<string, string> = {};
  const missing: string[] = [];
  const contradictions: string[] = [];
  const published = new Publications(options);
  for (const { url, published: place } of wanted) {
    const known = committed[url];
    const sum = await published.sumOf(url, place).catch((error: unknown) => {
      if (!(error instanceof Refused)) {
        throw error;
      }
      missing.push(`${known === undefined ? "no sum" : "kept unconfirmed"}: ${url} (${error.message})`);
      return undefined;
    });
    if (sum !== undefined && known !== undefined && sum !== known) {
      contradictions.push(`${url}: ${known} is committed, ${sum} is published`);
    }
    const kept = sum ?? known;
    if (kept !== undefined) {
      found[url] = kept;
    }
  }
  if (contradictions.length > 0) {
    throw new UserError(
      `Nothing was written, because published sums are not the committed ones:\n${contradictions.join("\n")}\nFind out which is right before taking the line out of ${file}.`,
    );
  }
  const sorted = Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(`${file}.new`, `${JSON.stringify(sorted, null, 2)}\n`);
  await rename(`${file}.new`, file);
  return missing;
}

function allFiles(): OfficialFile[] {
  const files = platforms.flatMap((platform) =>
    parts.flatMap(({ name }) => officialRelease(name, platform)?.files ?? []),
  );
  return [...new Map(files.map((file) => [file.url, file])).values()];
}

/** What publishers say of their files; each place is asked once. */
class Publications {
  readonly #options: SumsOptions;
  readonly #texts = new Map<string, Promise<string>>();

  constructor(options: SumsOptions) {
    this.#options = options;
  }

  async sumOf(url: string, place: PublishedSum): Promise<string> {
    const sum = place.kind === "module" ? await this.#inModule(place) : await this.#said(url, place);
    if (sum === undefined || !/^[0-9a-f]{64}$/.test(sum)) {
      throw new Refused(`its publisher gives no SHA-256 sum for it`, false);
    }
    return sum;
  }

  async #said(url: string, { kind, url: place }: { kind: "list" | "bare" | "release"; url: string }) {
    const text = await this.#text(place);
    const name = decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? "");
    switch (kind) {
      case "bare":
        return text.trim().split(/\s+/)[0];
      case "list": {
        const lines = text.split("\n").map((line) => line.trim().split(/\s+\*?/));
        return lines.find(([, file]) => file === name)?.[0];
      }
      case "release": {
        const { assets = [] } = JSON.parse(text) as { assets?: { name: string; digest?: string | null }[] };
        return assets.find((asset) => asset.name === name)?.digest?.replace(/^sha256:/, "");
      }
    }
  }

  #text(place: string): Promise<string> {
    const { signal, instead } = this.#options;
    const asked =
      this.#texts.get(place) ??
      getText(instead?.(place) ?? place, { patienceMs, ...(signal === undefined ? {} : { signal }) });
    this.#texts.set(place, asked);
    return asked;
  }

  /** Go compares the module with the committed go.sum. */
  async #inModule({ module, path }: { module: string; path: string }): Promise<string> {
    const answer = (
      await run("go", ["mod", "download", "-json", module], {
        cwd: join(goModules, "custom-resources"),
        env: goEnvironment(),
      })
    ).join("\n");
    const { Dir } = JSON.parse(answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1)) as {
      Dir: string;
    };
    return createHash("sha256")
      .update(await readFile(join(Dir, path)))
      .digest("hex");
  }
}
