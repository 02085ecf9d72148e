import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UserError } from "../../../system/errors.ts";
import { replaceFile } from "../../../system/replace-file.ts";
import { checksumsFile, type OfficialFile, officialRelease, platforms } from "../base/official.ts";
import { parts } from "../base/parts.ts";
import { type GetOptions, Refused } from "./http.ts";
import { Publications } from "./published.ts";

export interface SumsOptions extends GetOptions {
  /** The table to write. Default: the committed one. */
  file?: string;
  /** Files to look up. Default: all files of all parts on all platforms. */
  files?: readonly OfficialFile[];
}

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
  const published = new Publications({ patienceMs: 30_000, ...options });
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
  await replaceFile(file, `${JSON.stringify(sorted, null, 2)}\n`, 0o644);
  return missing;
}

function allFiles(): OfficialFile[] {
  const files = platforms.flatMap((platform) =>
    parts.flatMap(({ name }) => officialRelease(name, platform)?.files ?? []),
  );
  return [...new Map(files.map((file) => [file.url, file])).values()];
}
