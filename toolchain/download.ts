import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { x } from "tar";
import { originFile, partFolder } from "./cache.ts";
import type { Part } from "./parts.ts";
import { UserError } from "./user-error.ts";

/** An official file for one part on one platform. Without a committed sum there is no download. */
export interface OfficialFile {
  url: string;
  /** In hexadecimal, as the publisher gives it. */
  sha256: string;
  /** For a .tar.gz: archive path → file name in the part's folder. Else the file is the part's executable itself. */
  entries?: Record<string, string>;
}

/** The committed table: `<part>-<version>-<process.platform>-<process.arch>` → file. */
export type OfficialFiles = Record<string, OfficialFile>;

/** Longest that one download may take, in milliseconds; after that the part is built. */
const longestMs = 10 * 60 * 1000;

export async function officialFiles(): Promise<OfficialFiles> {
  return JSON.parse(await readFile(new URL("checksums.json", import.meta.url), "utf8")) as OfficialFiles;
}

/**
 * Fills a part's folder from its official file.
 * @returns why it could not be had (no committed sum, no network, a refusal), so that it is built instead; undefined when it is there.
 * @throws UserError where the file is another one than its publisher's: that is no case for trying something else.
 */
export async function downloadPart(
  part: Part,
  files: OfficialFiles,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const file = files[`${part.name}-${part.version}-${process.platform}-${process.arch}`];
  if (file === undefined) {
    return "no sum of an official file is committed for this platform";
  }
  const content = await fetchFile(file.url, signal);
  if (typeof content === "string") {
    return content;
  }
  const sum = createHash("sha256").update(content).digest("hex");
  if (sum !== file.sha256) {
    throw new UserError(
      `${part.name} ${part.version} from ${file.url} has the SHA-256 sum ${sum}, and ${file.sha256} is committed: nothing of it was used; check what stands between this machine and that server.`,
    );
  }
  const folder = partFolder(part);
  const unfinished = `${folder}.unfinished-${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  try {
    await unpack(part, file, content, unfinished);
    await writeFile(join(unfinished, originFile), `official download from ${file.url}`);
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return undefined;
}

/** The file's content, or the reason why there is none. */
async function fetchFile(url: string, signal: AbortSignal | undefined): Promise<Buffer | string> {
  const limit = AbortSignal.timeout(longestMs);
  try {
    const answer = await fetch(url, {
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    return answer.ok ? Buffer.from(await answer.arrayBuffer()) : `${url} answered ${answer.status}`;
  } catch (error) {
    signal?.throwIfAborted();
    return `${url} could not be fetched: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function unpack(part: Part, file: OfficialFile, content: Buffer, into: string): Promise<void> {
  const entries = file.entries ?? { download: part.name };
  const download = join(into, "download");
  await writeFile(download, content);
  if (file.entries !== undefined) {
    await x({ file: download, cwd: into }, Object.keys(entries));
    await rm(download);
  }
  for (const [from, to] of Object.entries(entries)) {
    await rename(join(into, from), join(into, to));
    await chmod(join(into, to), 0o755);
  }
}
