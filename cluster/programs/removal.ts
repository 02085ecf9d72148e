/** Removes the platform from a cluster: its own objects alone, and of those only what can be made again. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  claimObject,
  deploymentObject,
  gatewayObjects,
  irreplaceable,
  namespaceObject,
  objectPath,
  objectTitle,
  type PlatformObject,
  possibleObjects,
  routeObjects,
} from "../../stacks/vocabulary/objects.ts";
import type { ClusterApi, LiveObject } from "../api/index.ts";
import { ownerOf } from "../fields/owner.ts";
import { readSnapshot } from "../gpu-node/snapshot.ts";

/** How long an object, or the server's pods, may take to go, in milliseconds: the pods' grace of 25 s, twice. */
const goneWithinMs = 60_000;
const lookEveryMs = 200;

/**
 * Removes the platform's objects: first the way in and the server, then what they use, and the claim at last, so that a
 * removal which was cut short is known as this stack's.
 * @param report gets a line for each object that is gone.
 * @returns what does not go and why; what would follow on that is then left.
 */
export async function removePlatform(api: ClusterApi, report: (line: string) => void): Promise<string[]> {
  const first = [deploymentObject, ...routeObjects, ...gatewayObjects];
  const last = [claimObject];
  const others = possibleObjects.filter(
    (object) => ![namespaceObject, ...irreplaceable, ...first, ...last].includes(object),
  );
  const stuckFirst = await removeAll(api, first, report);
  if (stuckFirst.length > 0) {
    return stuckFirst;
  }
  // The fence stands as long as the server may answer.
  await podsGone(api, report);
  const stuck = await removeAll(api, others, report);
  return stuck.length > 0 ? stuck : removeAll(api, last, report);
}

/**
 * Removes those objects that are there and the platform's own, and waits until they are gone.
 * @returns a sentence for each that does not go.
 */
export async function removeAll(
  api: ClusterApi,
  objects: readonly PlatformObject[],
  report: (line: string) => void,
): Promise<string[]> {
  const stuck = await Promise.all(
    objects.map(async (object) => {
      const path = objectPath(object);
      const before = await api.get(path);
      if (before === undefined || ownerOf(object, before).owner !== "ours") {
        return [];
      }
      await api.remove(path);
      const left = await gone(api, path, before.metadata.uid);
      if (left === undefined) {
        report(`removed ${objectTitle(object)}`);
        return [];
      }
      const finalizers = (left.metadata as { finalizers?: string[] }).finalizers ?? [];
      return [
        `${objectTitle(object)} does not go${finalizers.length === 0 ? "" : `: it waits for its finalizers ${finalizers.join(", ")}`}`,
      ];
    }),
  );
  return stuck.flat();
}

/** Waits until an object is gone; what is left of it where it does not go in time. */
async function gone(api: ClusterApi, path: string, uid: string): Promise<LiveObject | undefined> {
  const until = performance.now() + goneWithinMs;
  for (;;) {
    const live = await api.get(path);
    if (live === undefined || live.metadata.uid !== uid) {
      return undefined;
    }
    if (performance.now() > until) {
      return live;
    }
    await sleep(lookEveryMs);
  }
}

/** Waits for the server's pods. Those of a node that is off go when it is back, so they stop nothing. */
async function podsGone(api: ClusterApi, report: (line: string) => void): Promise<void> {
  const until = performance.now() + goneWithinMs;
  for (;;) {
    const { pods } = await readSnapshot(api);
    if (pods.length === 0) {
      return;
    }
    if (performance.now() > until) {
      report(
        `still there, and ends when its node answers: pod ${pods.map(({ metadata }) => metadata?.name).join(", ")}`,
      );
      return;
    }
    await sleep(lookEveryMs);
  }
}
