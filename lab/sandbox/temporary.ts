/** Sandboxes for as long as a process needs one. What a killed process leaves of its own, the next one that needs one ends. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readJson, writeJson } from "../../system/json-file.ts";
import { identify } from "../../system/processes.ts";
import { openSandbox, type Sandbox } from "./index.ts";

const prefix = "vllm-platform-sandbox-";
const ownerFile = (dir: string): string => `${dir}.owner.json`;

interface Owner {
  readonly pid: number;
  readonly identity: string | undefined;
}

/** A sandbox in a folder of its own, not started. Who takes it removes it. */
export async function temporarySandbox(): Promise<Sandbox> {
  const dir = await mkdtemp(join(tmpdir(), prefix));
  const owner: Owner = { pid: process.pid, identity: identify(process.pid) };
  await writeJson(ownerFile(dir), owner);
  const sandbox = openSandbox(dir);
  const remove = async (): Promise<void> => {
    await sandbox.remove();
    await rm(ownerFile(dir), { force: true });
  };
  return Object.create(sandbox, { remove: { value: remove } }) as Sandbox;
}

/** Ends the sandboxes of processes that were killed: they run on without them. */
export async function removeAbandonedSandboxes(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix) || !name.endsWith(".owner.json")) continue;
    const file = join(tmpdir(), name);
    const owner = await readJson<Owner>(file);
    if (owner !== undefined && identify(owner.pid) === owner.identity) continue;
    // Another user's files in a shared folder are that user's business.
    await openSandbox(file.slice(0, -".owner.json".length))
      .remove()
      .then(() => rm(file, { force: true }))
      .catch(() => undefined);
  }
}
