import { randomBytes } from "node:crypto";
import {
  access,
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join, relative } from "node:path";
import { parse, stringify } from "yaml";
import { UserError } from "../../../system/errors.ts";
import { contextName } from "../base/cluster-config.ts";
import { projectRoot, type SandboxPaths } from "../base/paths.ts";
import { syncStackFile } from "./stack-file.ts";

/** The tracked files as they were at the last synchronization: what the shim compares with. */
export const trackedCopies = (paths: SandboxPaths): string => join(paths.project, ".tracked");

const stackFile = /^Pulumi\.(.+)\.yaml$/;

/** The modes of the clone: one for each `Pulumi.<mode>.yaml`. */
export async function listModes(root: string = projectRoot): Promise<string[]> {
  const names = await readdir(root);
  return names.flatMap((name) => stackFile.exec(name)?.[1] ?? []).sort();
}

/** The project's name, by which the backend files its stacks. */
export async function projectName(root: string = projectRoot): Promise<string> {
  const { name } = parse(await readTracked(root, "Pulumi.yaml")) as { name?: unknown };
  if (typeof name !== "string") throw new UserError("Pulumi.yaml names no project (`name:`).");
  return name;
}

/**
 * Brings the sandbox's Pulumi project up to date with the tracked files: `Pulumi.yaml` with its `main` pointing back
 * into the clone and the sandbox as its cluster, and a copy of each stack file.
 *
 * @returns sentences for the user: config that the sandbox cannot read.
 */
export async function syncProject(paths: SandboxPaths, root: string = projectRoot): Promise<string[]> {
  const copies = trackedCopies(paths);
  await mkdir(copies, { recursive: true, mode: 0o700 });
  const notes: string[] = [];
  const project = await readTracked(root, "Pulumi.yaml");
  const derived = derivedProject(project, { main: mainPath(paths, root), kubeconfig: paths.kubeconfig });
  await replace(join(paths.project, "Pulumi.yaml"), derived);
  const modes = await listModes(root);
  for (const mode of modes) {
    const name = `Pulumi.${mode}.yaml`;
    const tracked = await readTracked(root, name);
    const [previous, copy] = await Promise.all([
      readOptional(join(copies, name)),
      readOptional(join(paths.project, name)),
    ]);
    const synced = syncStackFile(tracked, previous, copy);
    for (const key of synced.leftOut) {
      notes.push(
        `${name}: the sandbox cannot read the secret ${key}; set one for it with \`pulumi config set --secret ${key} -s ${mode}\` in its shell`,
      );
    }
    await replace(join(paths.project, name), synced.text);
    await replace(join(copies, name), tracked);
  }
  await removeStackFilesOfRemovedModes(paths, modes);
  await replace(join(copies, "Pulumi.yaml"), project);
  return notes;
}

/** As `Pulumi.yaml`, with the program found from the sandbox's folder, and with the sandbox as the cluster. */
export function derivedProject(
  tracked: string,
  { main, kubeconfig }: { main: string; kubeconfig: string },
): string {
  const project = parse(tracked) as { config?: Record<string, unknown> };
  const cluster = { value: { kubeconfig, context: contextName } };
  const config = { ...project.config, "vllm-platform:cluster": cluster };
  return `# Made from the clone's Pulumi.yaml; changes belong there.\n${stringify({ ...project, main, config })}`;
}

function mainPath(paths: SandboxPaths, root: string): string {
  const inClone = relative(root, paths.project);
  const program = join(root, "main.mjs");
  return inClone.startsWith("..") ? program : relative(paths.project, program);
}

async function removeStackFilesOfRemovedModes(paths: SandboxPaths, modes: readonly string[]): Promise<void> {
  for (const name of await readdir(trackedCopies(paths))) {
    const mode = stackFile.exec(name)?.[1];
    if (mode === undefined || modes.includes(mode)) continue;
    await rm(join(paths.project, name), { force: true });
    await rm(join(trackedCopies(paths), name), { force: true });
  }
}

/** The passphrase of the sandbox's own secrets, random and readable by its user only. Made once. */
export async function makePassphrase(paths: SandboxPaths): Promise<void> {
  if (await exists(paths.passphrase)) return;
  await replace(paths.passphrase, randomBytes(32).toString("base64url"));
  await chmod(paths.passphrase, 0o600);
}

/** A PULUMI_HOME of the sandbox's own, with the toolchain's plugins in it. */
export async function linkPlugins(paths: SandboxPaths, plugins: string): Promise<void> {
  await mkdir(paths.pulumiHome, { recursive: true, mode: 0o700 });
  const link = join(paths.pulumiHome, "plugins");
  const isLink = await lstat(link).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  );
  if (isLink && (await readlink(link)) === plugins) return;
  await rm(link, { recursive: true, force: true });
  await symlink(plugins, link);
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function readTracked(root: string, name: string): Promise<string> {
  try {
    return await readFile(join(root, name), "utf8");
  } catch {
    throw new UserError(`${name} is missing in ${root}.`);
  }
}

async function readOptional(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(() => undefined);
}

async function replace(file: string, text: string): Promise<void> {
  if ((await readOptional(file)) === text) return;
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, file);
}
