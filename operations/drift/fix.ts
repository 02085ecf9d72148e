/** Putting drift right: an update of the active stack, as `gpu-mode <mode>` does it, and the removal of what no stack declares. */
import type { ClusterApi } from "../../cluster/api/index.ts";
import type { Drift } from "../../cluster/drift/item.ts";
import { readListing } from "../../cluster/drift/listing.ts";
import { titleOf } from "../../stacks/vocabulary/objects.ts";
import { Ended } from "../../system/errors.ts";
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
 * @throws Ended where it did not succeed.
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
  const lost = (text: string): void => say(`${text}.`);
  const held = await ownLease(api, {
    command: "gpu-mode drift --fix",
    frees: false,
    waiting: say,
    lost,
    interrupted: lost,
  });
  try {
    const { labelled, scalers } = await readListing(api);
    for (const found of [...labelled, ...scalers].filter((one) =>
      removed.some(({ object }) => titleOf(one) === object),
    )) {
      signal.throwIfAborted();
      await api.remove(found.path);
      say(`Deleted ${titleOf(found)}.`);
    }
  } catch (error) {
    throw signal.aborted ? new Ended("interrupted", "Stopped; run the same command again.") : error;
  } finally {
    await held.release();
  }
}
