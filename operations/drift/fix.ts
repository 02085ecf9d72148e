/** Putting drift right: an update of the active stack, as `gpu-mode <mode>` does it, and the removal of what no stack declares. */
import type { ClusterApi } from "../../cluster/api/index.ts";
import type { Listed } from "../../cluster/drift/around.ts";
import type { Drift } from "../../cluster/drift/item.ts";
import { readListing } from "../../cluster/drift/listing.ts";
import { missingOf } from "../../cluster/requirements/rights/ask.ts";
import { phrases, type Right } from "../../cluster/requirements/rights/right.ts";
import { names } from "../../stacks/vocabulary/names.ts";
import { titleOf } from "../../stacks/vocabulary/objects.ts";
import { Ended, RefusedError } from "../../system/errors.ts";
import { ownLease } from "../own-lease.ts";
import { anyPlan, openCluster, type Project } from "../project.ts";
import { type SwitchOptions, switchTo } from "../switch/index.ts";
import type { DriftReport } from "./index.ts";

export interface ToBeDone {
  /** Whether the active stack is updated. */
  updates: boolean;
  /** What is deleted. */
  removed: Drift[];
  /** What stays for a person. */
  left: Drift[];
}

/** @param prune whether objects that no stack declares are removed, too */
export function toBeDone({ drifts }: Pick<DriftReport, "drifts">, { prune }: { prune: boolean }): ToBeDone {
  const removed = prune ? drifts.filter(({ fix }) => fix === "prune") : [];
  return {
    updates: drifts.some(({ fix }) => fix === "update"),
    removed,
    left: drifts.filter((one) => one.fix !== "update" && !removed.includes(one)),
  };
}

/**
 * Does it. A scaler goes first: it would change again what the update puts right.
 * @throws RefusedError where these credentials may not remove all of it; nothing was changed then. Ended where it did not succeed.
 */
export async function fixDrift(
  project: Project,
  { mode }: Pick<DriftReport, "mode">,
  { updates, removed }: ToBeDone,
  { say, ...options }: Pick<SwitchOptions, "signal" | "view"> & { say: (text: string) => void },
): Promise<void> {
  if (removed.length > 0) {
    const { api } = await openCluster(anyPlan(project));
    await removeAll(api, removed, { signal: options.signal, say });
  }
  if (updates && mode !== null) {
    await switchTo({ project, mode, force: false, ...options });
  }
}

async function removeAll(
  api: ClusterApi,
  removed: readonly Drift[],
  { signal, say }: { signal: AbortSignal; say: (text: string) => void },
): Promise<void> {
  const found = await stillThere(api, removed);
  await refuseWithoutRights(api, found);
  const lost = (text: string): void => say(`${text}.`);
  const held = await ownLease(api, {
    command: "gpu-mode drift --fix",
    frees: false,
    waiting: say,
    lost,
    interrupted: lost,
  });
  try {
    for (const one of found) {
      signal.throwIfAborted();
      await api.remove(one.path);
      say(`Deleted ${titleOf(one)}.`);
    }
  } catch (error) {
    throw signal.aborted ? new Ended("interrupted", "Stopped; run the same command again.") : error;
  } finally {
    await held.release();
  }
}

async function stillThere(api: ClusterApi, removed: readonly Drift[]): Promise<Listed[]> {
  const { labelled, scalers } = await readListing(api);
  return [...labelled, ...scalers].filter((one) => removed.some(({ object }) => titleOf(one) === object));
}

/** No documented role deletes objects of any name. @throws RefusedError */
async function refuseWithoutRights(api: ClusterApi, found: readonly Listed[]): Promise<void> {
  const missing = await missingOf(api, found.map(removalOf));
  if (missing.length > 0) {
    const lacking = found.filter((one) =>
      missing.some(({ resource, name }) => one.path.endsWith(`/${resource}/${name}`)),
    );
    throw new RefusedError("What no stack declares cannot be removed; nothing was changed.", [
      {
        where: api.server,
        problem: `these credentials may not ${phrases(missing).join("; ")}`,
        fix: `Have somebody who may do it: \`kubectl delete -n ${names.namespace} ${lacking.map(titleOf).join(" ")}\`; or have the right granted (docs/drift.md)`,
      },
    ]);
  }
}

/** `/apis/<group>/<version>/namespaces/<namespace>/<resource>/<name>`; the core has no group. */
function removalOf({ path, metadata: { name } }: Listed): Right {
  const steps = path.split("/").slice(1);
  return {
    verb: "delete",
    group: steps[0] === "apis" ? (steps[1] ?? "") : "",
    resource: steps.at(-2) ?? "",
    namespace: names.namespace,
    name,
  };
}
