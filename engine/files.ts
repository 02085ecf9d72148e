/**
 * What a killed pulumi leaves in a backend that is a folder of this machine. The backend keeps attributes beside each file, and
 * writes them in two steps; cut off between them they stay empty, and every later command on that file ends with "EOF".
 */
import { readdir, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
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

/**
 * Removes attributes that are empty; the backend then takes its defaults, which are what it had written. A pulumi that is at
 * work loses nothing by it.
 * @param folder of the backend.
 * @returns the files that can be read again.
 */
export async function removeEmptyAttributes(folder: string): Promise<string[]> {
  const state = join(folder, ".pulumi");
  const names = await readdir(state, { recursive: true }).catch(() => []);
  const empty = await Promise.all(
    names
      .filter((name) => name.endsWith(suffix))
      .map(async (name) => {
        const file = join(state, name);
        const size = await stat(file).then(
          (found) => found.size,
          () => undefined,
        );
        return size === 0 ? [file] : [];
      }),
  );
  const files = empty.flat();
  await Promise.all(files.map((file) => rm(file, { force: true })));
  return files.map((file) => file.slice(0, -suffix.length));
}

const suffix = ".attrs";

/** Whether an error of pulumi's says that a file ended too early. */
export function isCutOff(errorText: string): boolean {
  return /(^|: )EOF\s*$/m.test(errorText);
}

/** Makes files readable again of which only the attributes were cut off, and says which; any others stay as they are. */
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
  const files = state === undefined ? [] : await removeEmptyAttributes(state);
  if (files.length > 0) {
    say(
      `A pulumi was killed while it wrote ${files.map((file) => basename(file)).join(", ")}; what it had written is whole.`,
    );
  }
}
