/** One of the two commits: the objects of each mode, by that commit's own code and files. */
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { listModes, planFromFiles, RefusedError } from "../../stacks/index.ts";
import { type Manifest, manifestsOf } from "../../stacks/manifests/index.ts";
import { plainManifests } from "../../stacks/manifests/yaml.ts";
import { exitCodes, UserError } from "../../system/errors.ts";
import { finish, outputOf } from "../../system/processes.ts";

/** What a mode declares, or why it cannot be: `refused` by rules and gates, `failed` where its code or file ends otherwise. */
export type ModeSide =
  | { readonly state: "declared"; readonly manifests: readonly Manifest[] }
  | { readonly state: "refused" | "failed"; readonly why: string };

export type Side = ReadonlyMap<string, ModeSide>;

/** All modes of the files in a folder, by the code that runs here. */
export function ownSide(folder: string): Side {
  return new Map(listModes(folder).map((mode) => [mode, ownMode(folder, mode)] as const));
}

function ownMode(folder: string, mode: string): ModeSide {
  try {
    return { state: "declared", manifests: plainManifests(manifestsOf(planFromFiles(folder, mode))) };
  } catch (error) {
    if (error instanceof RefusedError) return { state: "refused", why: error.message };
    return { state: "failed", why: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Modes of a tree, by its own code.
 * @param tree a folder with the project's files and packages
 * @param modes which. @default all
 */
export async function readSide(tree: string, modes: readonly string[] = listModes(tree)): Promise<Side> {
  const read = async (mode: string) => [mode, await readMode(tree, mode)] as const;
  // The first leaves its compiled code behind, which halves what each other takes.
  const first = await Promise.all(modes.slice(0, 1).map(read));
  return new Map([...first, ...(await Promise.all(modes.slice(1).map(read)))]);
}

async function readMode(tree: string, mode: string): Promise<ModeSide> {
  const { VLLM_PLATFORM_PROJECT: _, PULUMI_OPTION_CWD: __, ...env } = process.env;
  const { status, stdout, stderr } = await finish(process.execPath, [join(tree, "cli", "render.ts"), mode], {
    cwd: tree,
    env,
  });
  if (status === 0) {
    const manifests = parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
    return { state: "declared", manifests: manifests.filter((one) => one !== null) };
  }
  return { state: status === exitCodes.refused ? "refused" : "failed", why: wordsOf(stderr) };
}

/** A program that breaks says where in its code; here only what it says. */
export function wordsOf(stderr: string): string {
  const lines = stderr.trim().split("\n");
  const thrown = lines.find((line) => /^\s*\w*Error\b/.test(line));
  return thrown?.trim() ?? lines.join("\n");
}

/**
 * A commit's files in a folder, with this clone's packages.
 * @throws UserError where there is no such commit.
 */
export async function takeOut(clone: string, commit: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const archive = `${folder}.tar`;
  await git(clone, "archive", "--output", archive, commit);
  await outputOf("tar", ["-xf", archive, "-C", folder]);
  await symlink(join(clone, "node_modules"), join(folder, "node_modules"));
}

/** What git prints. @throws UserError with git's own words */
export async function git(clone: string, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await finish("git", args, { cwd: clone });
  if (status !== 0) throw new UserError(`git ${args.join(" ")}: ${stderr.trim()}`);
  return stdout.trim();
}
