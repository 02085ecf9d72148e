/**
 * What a killed pulumi, or a full disk, leaves in a backend that is a folder of this machine. The backend keeps attributes beside
 * each file, and writes them in two steps; cut off between them they stay empty, and every later command on that file ends with
 * "EOF". A lock that was cut off is empty, too, and ends every later command on its stack with "unexpected end of JSON input".
 */
import { readdir, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join, resolve, sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunPulumi } from "./run.ts";

/** Where the state lies of a backend that is a folder; undefined for every other backend. */
export function backendFolder(url: string, { home, cwd }: { home: string; cwd: string }): string | undefined {
  if (!url.startsWith("file://")) {
    return undefined;
  }
  const path = url.slice("file://".length);
  return path === "~" || path.startsWith("~/")
    ? join(home, path.slice(1))
    : resolve(cwd, decodeURIComponent(path));
}

/** How long a file has to stay empty before it counts as cut off, in milliseconds: a living pulumi fills it at once. */
const staysEmptyMs = 1000;

/**
 * Removes what is empty and stays so: attributes, for which the backend then takes its defaults, which are what it had written;
 * and locks, which held nothing that could be read. A pulumi that is at work loses nothing by it.
 * @param folder of the backend.
 * @returns the files that can be read again, and the locks that are gone.
 */
export async function removeEmpty(folder: string): Promise<string[]> {
  const state = join(folder, ".pulumi");
  const before = await emptyFiles(state);
  if (before.length === 0) {
    return [];
  }
  await sleep(staysEmptyMs);
  const still = (await emptyFiles(state)).filter((file) => before.includes(file));
  await Promise.all(still.map((file) => rm(file, { force: true })));
  return still.map((file) => (file.endsWith(suffix) ? file.slice(0, -suffix.length) : file));
}

async function emptyFiles(state: string): Promise<string[]> {
  const names = await readdir(state, { recursive: true }).catch(() => []);
  const found = await Promise.all(
    names
      .filter((name) => name.endsWith(suffix) || name.split(sep)[0] === "locks")
      .map(async (name) => {
        const file = join(state, name);
        const empty = await stat(file).then(
          (one) => one.isFile() && one.size === 0,
          () => false,
        );
        return empty ? [file] : [];
      }),
  );
  return found.flat();
}

const suffix = ".attrs";

/** Whether an error of pulumi's says that a file ended too early. */
export function isCutOff(errorText: string): boolean {
  return /(^|: )(EOF|unexpected end of JSON input)\s*$/m.test(errorText);
}

/** Makes readable again what was only cut off, and says what; any other files stay as they are. */
export async function fixCutOff({
  folder,
  run,
  say,
}: {
  folder: string;
  run: RunPulumi;
  say: (text: string) => void;
}): Promise<void> {
  const { url } = JSON.parse(await run(["whoami", "--json"])) as { url: string };
  const state = backendFolder(url, { home: homedir(), cwd: folder });
  const files = state === undefined ? [] : await removeEmpty(state);
  if (files.length > 0) {
    say(
      `A pulumi was killed, or the disk was full, while it wrote ${files.map((file) => basename(file)).join(", ")}; nothing of the state is lost by it.`,
    );
  }
}
