/** What is to be verified: the active mode, or the one that is named for a URL. */
import { type ClusterApi, UnreachableError } from "../../cluster/api/index.ts";
import { readHolder } from "../../cluster/claim/read.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import { Ended, RefusedError } from "../../system/errors.ts";
import { anyPlan, openCluster, type Project, requireMode } from "../project.ts";

export interface VerifyOptions {
  /** The mode that is expected. @default the active one */
  mode?: string | undefined;
  /** Where to ask, in place of the cluster's own server. */
  url?: string | undefined;
  signal: AbortSignal;
  /** Tells a person what is looked at. */
  say: (text: string) => void;
}

export interface Platform {
  plan: Plan;
  /** The cluster; undefined where it is out of reach, which only a URL can make up for. */
  api: ClusterApi | undefined;
}

/**
 * @throws Ended where no mode is active, another one than is expected, or one that serves nothing at a URL; UnreachableError and
 * RefusedError where the cluster is needed.
 */
export async function findPlatform(
  project: Project,
  { mode, url }: Pick<VerifyOptions, "mode" | "url">,
): Promise<Platform> {
  if (mode !== undefined) {
    requireMode(project, mode);
  }
  const fallback = mode === undefined ? anyPlan(project) : project.planOf(mode);
  const { api, active } = await openedCluster(fallback, url !== undefined);
  if (active === undefined && url === undefined) {
    throw new Ended(
      "refused",
      "No mode has the GPU, so there is nothing to verify. gpu-mode <mode> brings one about.",
    );
  }
  if (active !== undefined && mode !== undefined && active !== mode && url === undefined) {
    throw new Ended(
      "refused",
      `Mode ${active} has the GPU and not ${mode}: switch first by gpu-mode ${mode}.`,
    );
  }
  const plan = project.planOf(mode ?? active ?? fallback.settings.defaultMode);
  if (url !== undefined && !plan.serves) {
    throw new Ended("refused", `Mode ${plan.mode} serves nothing, so ${url} cannot be verified against it.`);
  }
  return { plan, api };
}

async function openedCluster(
  plan: Plan,
  mayBeAway: boolean,
): Promise<{ api?: ClusterApi; active?: string | undefined }> {
  try {
    const { api } = await openCluster(plan);
    return { api, active: (await readHolder(api)).mode };
  } catch (error) {
    if (mayBeAway && (error instanceof UnreachableError || error instanceof RefusedError)) {
      return {};
    }
    throw error;
  }
}
