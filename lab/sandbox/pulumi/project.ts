import { randomBytes } from "node:crypto";
import {
  access,
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
} from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isMap, parse, parseDocument, stringify } from "yaml";
import { listModes as modesIn } from "../../../stacks/files/index.ts";
import { UserError } from "../../../system/errors.ts";
import { replaceFile } from "../../../system/replace-file.ts";
import { contextName } from "../base/cluster-config.ts";
import { pathInto, projectRoot, type SandboxPaths } from "../base/paths.ts";
import { applyChanges, type Change, changesIn, compose, ownPart } from "./stack-file.ts";

/** The stack files as they were when the project was last made from them: what the shim compares with. */
export const trackedCopies = (paths: SandboxPaths): string => join(paths.project, ".tracked");

const stackFile = /^Pulumi\.(.+)\.yaml$/;

/** The modes in a folder, which are those of the product; none where there is no folder. */
export async function listModes(folder: string): Promise<string[]> {
  return (await exists(folder)) ? modesIn(folder) : [];
}

/** All that a folder has a file for, whether a mode may be called so or not: the project is equal in these, too. */
async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.flatMap((name) => stackFile.exec(name)?.[1] ?? []).sort();
}

/** The project's name, by which the backend files its stacks. @throws UserError where `Pulumi.yaml` tells none. */
export async function projectName(folder: string): Promise<string> {
  const file = join(folder, "Pulumi.yaml");
  const project = mappingOf(await readTracked(folder, "Pulumi.yaml"));
  if (project === undefined) {
    throw new UserError(
      `${file} cannot be read as YAML with settings. Correct it, or take it back with \`git checkout -- Pulumi.yaml\`.`,
    );
  }
  if (typeof project.name !== "string") {
    throw new UserError(`${file} names no project. Write \`name: vllm-platform\` at its beginning.`);
  }
  return project.name;
}

/**
 * Makes the project that pulumi works in equal to the sandbox's stack files. What `pulumi config set` and its kind have
 * changed in it since then goes into those files first; salts and secrets stay in the sandbox.
 *
 * @param clone whose program it is
 * @returns sentences for the user: which file was changed, and config that the sandbox cannot read.
 */
export async function syncProject(paths: SandboxPaths, clone: string = projectRoot): Promise<string[]> {
  const copies = trackedCopies(paths);
  for (const folder of [copies, paths.secrets]) await mkdir(folder, { recursive: true, mode: 0o700 });
  const project = await readTracked(paths.files, "Pulumi.yaml");
  const derived = derivedProject(project, {
    main: pathInto(clone, join(clone, "main.mjs"), paths.project),
    kubeconfig: paths.kubeconfig,
  });
  await replace(join(paths.project, "Pulumi.yaml"), derived);
  const modes = await Promise.all([paths.files, paths.project, copies].map(namesIn));
  const notes: string[] = [];
  for (const mode of new Set(modes.flat())) notes.push(...(await syncStack(paths, mode)));
  await replace(join(copies, "Pulumi.yaml"), project);
  return notes;
}

async function syncStack(paths: SandboxPaths, mode: string): Promise<string[]> {
  const name = `Pulumi.${mode}.yaml`;
  const file = (folder: string): string => join(folder, name);
  const [previous, own, copy] = await Promise.all(
    [trackedCopies(paths), paths.secrets, paths.project].map((folder) => readOptional(file(folder))),
  );
  const notes: string[] = [];
  let tracked = await readOptional(file(paths.files));
  if (copy !== undefined) {
    const kept = ownPart(copy);
    if (kept !== "") await replace(file(paths.secrets), kept);
    // A file of which nobody knows what it was has not been changed by pulumi.
    const changes =
      previous === undefined && tracked !== undefined
        ? []
        : changesIn(compose(previous ?? "", own ?? "").text, copy);
    if (changes.length > 0) notes.push(...(await changeTracked(file(paths.files), tracked ?? "", changes)));
    tracked = await readOptional(file(paths.files));
  }
  if (tracked === undefined) {
    // A mode that is gone, or a stack that pulumi has just made, with nothing in it yet.
    if (previous !== undefined) await rm(file(paths.project), { force: true });
    await rm(file(trackedCopies(paths)), { force: true });
    return notes;
  }
  const { text, leftOut } = compose(tracked, (await readOptional(file(paths.secrets))) ?? "");
  for (const key of leftOut) {
    notes.push(
      `${name}: the sandbox cannot read the secret ${key}; set one for it with \`pulumi config set --secret ${key} -s ${mode}\` in its shell`,
    );
  }
  await replace(file(paths.project), text);
  await replace(file(trackedCopies(paths)), tracked);
  return notes;
}

/** Writes into a tracked file what pulumi has changed. @returns the sentence that says so, or why it was not done. */
async function changeTracked(file: string, text: string, changes: readonly Change[]): Promise<string[]> {
  const what = changes
    .map(({ key, value }) => `${key} ${value === undefined ? "removed" : "set"}`)
    .join(", ");
  const path = await realpath(file).catch(() => file);
  try {
    const changed = applyChanges(text, changes);
    // A run that was cut off here has done it already.
    if (isDeepStrictEqual(parse(changed), parse(text))) return [];
    await replace(path, changed, 0o644);
    return [`Changed ${path}: ${what}.`];
  } catch (error) {
    return [`${path} could not be changed (${(error as Error).message}), so this is lost: ${what}.`];
  }
}

/** As `Pulumi.yaml`, with the program found from the sandbox's folder, and with the sandbox as the cluster. */
export function derivedProject(
  tracked: string,
  { main, kubeconfig }: { main: string; kubeconfig: string },
): string {
  const project = mappingOf(tracked);
  const settings = project?.config ?? {};
  // What is no project is for its readers to judge.
  if (project === undefined || typeof settings !== "object" || Array.isArray(settings)) return tracked;
  const cluster = { value: { kubeconfig, context: contextName } };
  const config = { ...settings, "vllm-platform:cluster": cluster };
  return `# Made from the clone's Pulumi.yaml; changes belong there.\n${stringify({ ...project, main, config })}`;
}

function mappingOf(text: string): Record<string, unknown> | undefined {
  const document = parseDocument(text, { logLevel: "error" });
  return document.errors.length === 0 && isMap(document.contents) ? document.toJS() : undefined;
}

/** The passphrase of the sandbox's own secrets, random and readable by its user only. Made once. */
export async function makePassphrase(paths: SandboxPaths): Promise<void> {
  if (await exists(paths.passphrase)) return;
  await replace(paths.passphrase, randomBytes(32).toString("base64url"));
  await chmod(paths.passphrase, 0o600);
}

/**
 * A PULUMI_HOME of the sandbox's own, with the toolchain's plugins in it, and with no folder for logs: where pulumi can make none, it
 * spares the tenth of its work that is to encrypt one of each run, which nobody reads in a sandbox.
 */
export async function makePulumiHome(paths: SandboxPaths, plugins: string): Promise<void> {
  await mkdir(paths.pulumiHome, { recursive: true, mode: 0o700 });
  const logs = join(paths.pulumiHome, "logs");
  if (
    !(await stat(logs)
      .then((found) => found.isFile())
      .catch(() => false))
  ) {
    await rm(logs, { recursive: true, force: true });
    await replace(logs, "");
  }
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
    // A person knows the clone's folder, and not the sandbox's link to it.
    throw new UserError(`${name} is missing in ${await realpath(root).catch(() => root)}.`);
  }
}

async function readOptional(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(() => undefined);
}

/** @param mode of a file that is new; one that is there keeps its own */
async function replace(file: string, text: string, mode = 0o600): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined && (await readOptional(file)) === text) return;
  await replaceFile(file, text, found === undefined ? mode : found.mode & 0o777);
}
