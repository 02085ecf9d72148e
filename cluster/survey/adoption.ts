/** Takes objects over from their former managers, and puts those right that are the platform's already. */
import { isDeepStrictEqual } from "node:util";
import type { Manifest } from "../../stacks/manifests/index.ts";
import { secretKeys } from "../../stacks/vocabulary/names.ts";
import { objectPath, type PlatformObject } from "../../stacks/vocabulary/objects.ts";
import { ApiError, type ClusterApi, type LiveObject } from "../api/index.ts";
import { readDeployment } from "../claim/index.ts";
import { ownerOf } from "../fields/owner.ts";
import { takenOver, takeoverOf } from "../fields/takeover.ts";

/** One object to be taken over or put right. */
export interface Adopted {
  object: PlatformObject;
  /** The object as it is declared; what only the engine or the cluster knows may be absent. */
  declared: Manifest;
  /** Version of the object that was looked at; makes each request for a takeover different from the one before. */
  resourceVersion: string;
}

/** What came of it. */
export interface Done {
  object: PlatformObject;
  /** Former managers of fields; none where only what nobody declares was taken away. */
  managers: string[];
  /** The object as it is now. */
  live: LiveObject;
}

/** The API server's code for an object that has changed since it was read. */
const conflict = 409;

/** How often a takeover is tried while others keep changing the object. */
const attempts = 5;

/**
 * Takes one object over. What is the platform's already is applied as it is declared, since no apply of the engine need
 * follow: it sees no difference in what others have added behind the end of a list. Anything else is left to the engine.
 * Does nothing where the object is gone or nothing is to be put right.
 * @throws ApiError where the cluster does not allow it.
 */
export async function adopt(api: ClusterApi, { object, declared }: Adopted): Promise<Done | undefined> {
  const path = objectPath(object);
  for (let attempt = 1; ; attempt += 1) {
    const live = await api.get(path);
    const takeover = live === undefined ? undefined : takeoverOf(live, completed(declared, live));
    if (live === undefined || takeover === undefined) {
      return undefined;
    }
    const { managers } = takeover;
    try {
      const patch = adoptionPatch(live);
      const taken = patch.length === 0 ? live : await api.patch(path, patch);
      const changed = isApplied(object, live, declared)
        ? await api.apply(path, completed(declared, live))
        : taken;
      return { object, managers, live: changed };
    } catch (error) {
      if (!(error instanceof ApiError && error.code === conflict) || attempt === attempts) {
        throw error;
      }
    }
  }
}

/**
 * JSON patch that takes an object's fields over as they were read; the API server refuses it with 409 if the object has
 * changed since. Empty where they are the platform's already.
 */
export function adoptionPatch(live: LiveObject): object[] {
  const managedFields = takenOver(live);
  const { resourceVersion } = live.metadata;
  return isDeepStrictEqual(managedFields, live.metadata.managedFields)
    ? []
    : [
        { op: "replace", path: "/metadata/managedFields", value: managedFields },
        { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
      ];
}

/** Whether an object is to be applied here: one that is new to the platform, or to be switched, the engine applies in its turn. */
function isApplied(object: PlatformObject, live: LiveObject, declared: Manifest): boolean {
  return ownerOf(object, live).owner === "ours" && !isSwitched(live, declared);
}

/** Whether an object is the Deployment of another switch than the declared one, which the engine applies whole. */
export function isSwitched(live: LiveObject, declared: Manifest): boolean {
  return (
    declared.kind === "Deployment" &&
    readDeployment(live)?.switchNumber !== readDeployment(declared)?.switchNumber
  );
}

/**
 * A manifest with what no file says taken from the live object, so that an apply takes none of that away: a Secret's values,
 * and what was once asked for of a volume, which cannot change.
 */
export function completed(declared: Manifest, live: LiveObject): Manifest {
  switch (declared.kind) {
    case "Secret": {
      const values = (live.data ?? {}) as Record<string, string>;
      const known = Object.entries(values).filter(([key]) =>
        (Object.values(secretKeys) as string[]).includes(key),
      );
      return { ...declared, data: Object.fromEntries(known) };
    }
    case "PersistentVolumeClaim":
      return { ...declared, spec: live.spec };
    default:
      return declared;
  }
}
