/** Where the modes' files are, and what they say. */

import { existsSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Connection, resolveConnection } from "../cluster/api/connection.ts";
import { type ClusterApi, openApi } from "../cluster/api/index.ts";
import { type KnownAnyway, knownAnyway } from "../stacks/files/known-anyway.ts";
import { fileNameFaults, listModes, type Plan, planFromFiles, type Settings } from "../stacks/index.ts";
import { Ended, faultText } from "../system/errors.ts";
import { nearest } from "../system/nearest.ts";

export interface Project {
  /** Folder of `Pulumi.yaml` and the modes' files. */
  folder: string;
  /** The one in which a person edits them: another in the sandbox's shell, where `folder` may be made from it. */
  edited: string;
  /** The one in which their secrets stand, too: another in the sandbox's shell, where `folder` may be the one without. */
  withSecrets: string;
  /** The clone, whose commit is the source of what is declared. */
  clone: string;
  modes: string[];
  /** A mode's plan. @throws RefusedError naming every fault of its files. */
  planOf(mode: string): Plan;
  /** What is known of a mode whatever the faults of its files are. */
  knownAnyway(mode: string): KnownAnyway;
}

/**
 * The project that the command works on: `$VLLM_PLATFORM_PROJECT`, else where pulumi itself is told to work
 * (`$PULUMI_OPTION_CWD`, as in the sandbox's shell), else the clone that this file belongs to. Never the current folder.
 */
export function openProject(environment: NodeJS.ProcessEnv = process.env): Project {
  const clone = join(import.meta.dirname, "..");
  const folder = resolve(environment.VLLM_PLATFORM_PROJECT || environment.PULUMI_OPTION_CWD || clone);
  return {
    folder,
    ...sandboxFolders(folder, environment),
    clone,
    modes: modesIn(folder),
    planOf: (mode) => planFromFiles(folder, mode),
    knownAnyway: (mode) => knownAnyway(folder, mode),
  };
}

/** The sandbox works on a copy of the stack files, with its secrets in it. */
function sandboxFolders(
  folder: string,
  { VLLM_PLATFORM_FILES: files, PULUMI_OPTION_CWD: copy }: NodeJS.ProcessEnv,
): Pick<Project, "edited" | "withSecrets"> {
  return files && existsSync(files) && copy && [files, copy].some((one) => resolve(one) === folder)
    ? { edited: realpathSync(files), withSecrets: resolve(copy) }
    : { edited: folder, withSecrets: folder };
}

function modesIn(folder: string): string[] {
  try {
    return listModes(folder);
  } catch (error) {
    throw new Ended("usage", `There is no project in ${folder}: ${(error as Error).message}.`);
  }
}

/** The plan of the first mode whose files are right: cluster and GPU node are the same in all. */
export function anyPlan({ modes, planOf }: Project): Plan {
  let first: unknown;
  for (const mode of modes) {
    try {
      return planOf(mode);
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

/**
 * @param others words that may be meant as well.
 * @throws Ended where the project has no such mode.
 */
export function requireMode(
  { modes, folder, edited }: Pick<Project, "modes" | "folder" | "edited">,
  mode: string,
  others: readonly string[] = [],
): void {
  if (!modes.includes(mode)) {
    const misnamed = fileNameFaults(folder, mode);
    if (misnamed.length > 0) {
      throw new Ended("usage", [`There is no mode ${mode}.`, ...misnamed.map(faultText)].join("\n"));
    }
    const meant = nearest(mode, [...modes, ...others]);
    throw new Ended(
      "usage",
      `There is no mode ${mode}: ${edited} has no file Pulumi.${mode}.yaml. The modes are ${modes.join(", ")}.${meant === undefined ? "" : ` Is ${meant} meant?`}`,
    );
  }
}

/** The cluster that a plan, or the environment, names. Does not connect yet. */
export function openCluster(plan: Plan): Promise<{ api: ClusterApi; connection: Connection }> {
  return openConnection(plan.settings.cluster);
}

/** The same by the settings alone. */
export async function openConnection(
  cluster: Settings["cluster"],
): Promise<{ api: ClusterApi; connection: Connection }> {
  const connection = resolveConnection(cluster, process.env);
  return { api: await openApi(connection), connection };
}
