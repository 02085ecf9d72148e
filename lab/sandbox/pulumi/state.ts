import { readdir, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { isHeld, type PulumiLock } from "../../../engine/lock.ts";
import { UserError } from "../../../system/errors.ts";
import { readJson } from "../../../system/json-file.ts";
import { finish, startedAt } from "../../../system/processes.ts";
import type { SandboxPaths } from "../base/paths.ts";
import { exists, listModes, projectName } from "./project.ts";

/** How to call pulumi in the sandbox. */
export interface PulumiCommand {
  /** The real executable. */
  readonly pulumi: string;
  readonly env: Record<string, string>;
}

/** Runs a short pulumi command and returns what it printed. */
export async function pulumi(
  { pulumi: command, env }: PulumiCommand,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const { status, stdout, stderr } = await finish(command, [...args, "--non-interactive"], { env, input });
  if (status === 0) return stdout;
  throw new UserError(`pulumi ${args.slice(0, 2).join(" ")} failed: ${stderr.trim()}`);
}

/**
 * A stack for each mode, so that `pulumi up -s <mode>` works in the sandbox's shell at once.
 *
 * @param provider what encrypts the secrets of stacks that are new; default the sandbox's passphrase
 * @returns sentences for the user: stacks that pulumi cannot make, as their files are faulty.
 */
export async function initStacks(
  paths: SandboxPaths,
  command: PulumiCommand,
  provider?: string,
): Promise<string[]> {
  const stacks = join(paths.state, ".pulumi", "stacks", await projectName(paths.files));
  const missing: string[] = [];
  for (const mode of await listModes(paths.files)) {
    if (!(await exists(join(stacks, `${mode}.json`)))) missing.push(mode);
  }
  const [first, ...others] = missing;
  const by = provider === undefined ? [] : ["--secrets-provider", provider];
  const init = (mode: string): Promise<string[]> =>
    pulumi(command, ["stack", "init", mode, "--no-select", ...by]).then(
      () => [],
      (error: Error) => [`Mode ${mode} has no stack yet: ${error.message}`],
    );
  // The first one makes the backend; the others may then be made side by side.
  const notes = first === undefined ? [] : await init(first);
  return [...notes, ...(await Promise.all(others.map(init))).flat()];
}

/**
 * Removes the locks that a killed pulumi has left in the sandbox's own backend: those of this machine whose process
 * does not exist any more, or began after the lock was written and so is another one.
 *
 * @returns the stacks that were freed.
 */
export async function clearStaleLocks(paths: SandboxPaths): Promise<string[]> {
  const freed: string[] = [];
  const root = join(paths.state, ".pulumi", "locks", "organization", await projectName(paths.files));
  for (const stack of await readdir(root).catch(() => [])) {
    for (const file of await lockFiles(join(root, stack))) {
      if (await holds(file)) continue;
      // Beside it lie its attributes, which the backend keeps in a file of their own.
      for (const suffix of ["", ".attrs"]) await rm(file + suffix, { force: true });
      freed.push(stack);
    }
  }
  return freed;
}

async function isLocked(paths: SandboxPaths, stack: string): Promise<boolean> {
  for (const file of await lockFiles(
    join(paths.state, ".pulumi", "locks", "organization", await projectName(paths.files), stack),
  )) {
    if (await holds(file)) return true;
  }
  return false;
}

async function lockFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith(".json")).map((name) => join(folder, name));
}

async function holds(file: string): Promise<boolean> {
  const lock = await readJson<PulumiLock>(file);
  return lock !== undefined && isHeld(lock, { hostname: hostname(), startedAt });
}

interface Deployment {
  readonly deployment: { pending_operations?: unknown[] };
}

/**
 * Forgets operations that were under way when pulumi was killed. What they have made in the cluster is found again:
 * the next `up` creates by server-side apply, which adopts what is there.
 *
 * @returns the stacks that had such operations.
 */
export async function clearPendingOperations(paths: SandboxPaths, command: PulumiCommand): Promise<string[]> {
  const cleared: string[] = [];
  const stacks = join(paths.state, ".pulumi", "stacks", await projectName(paths.files));
  for (const mode of await listModes(paths.files)) {
    const text = await readFile(join(stacks, `${mode}.json`), "utf8").catch(() => "");
    // A stack that is in use has operations under way, and its user will see to them.
    if (!text.includes('"pending_operations"') || (await isLocked(paths, mode))) continue;
    const exported = JSON.parse(await pulumi(command, ["stack", "export", "-s", mode])) as Deployment;
    if ((exported.deployment.pending_operations ?? []).length === 0) continue;
    const { pending_operations: _, ...deployment } = exported.deployment;
    await pulumi(command, ["stack", "import", "-s", mode], JSON.stringify({ ...exported, deployment }));
    cleared.push(mode);
  }
  return cleared;
}
