/**
 * A folder for temporary files of pulumi and its plugins. The Kubernetes provider writes a copy of the kubeconfig there at each run
 * and leaves it, so each run has a folder of its own, which is removed with what is in it.
 */
import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasEnded, ownProcess } from "../system/own-process.ts";

const prefix = "vllm-platform-pulumi-";

/** Does the work with a folder that only this user can open, and removes it. What killed runs have left goes, too. */
export async function withTemporary<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  await removeAbandoned();
  // Without a process table, as on macOS, nobody can tell later whose it was, and the system clears it some day.
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${ownProcess()?.replace("/", "-") ?? "unknown"}-`));
  try {
    return await work(folder);
  } finally {
    // What cannot be removed now ends nothing: a later run tries it again.
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** Removes this user's folders whose process has certainly ended; a folder that cannot be removed ends nothing. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, table, id] = new RegExp(`^${prefix}([0-9a-f]+)-(\\d+)-\\w+$`).exec(name) ?? [];
    if (table === undefined || !hasEnded(`${table}/${id}`)) {
      continue;
    }
    const folder = join(tmpdir(), name);
    const found = await lstat(folder).catch(() => undefined);
    if (found?.isDirectory() && found.uid === process.getuid?.()) {
      await rm(folder, { recursive: true, force: true }).catch(() => {});
    }
  }
}
