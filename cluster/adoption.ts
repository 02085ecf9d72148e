/** Takes objects over from their former managers, so that what only those had set goes. */
import { isDeepStrictEqual } from "node:util";
import { objectPath, type PlatformObject } from "../stacks/objects.ts";
import { ApiError, type ClusterApi, type LiveObject } from "./api.ts";
import { type FieldSet, pointersOf } from "./managed-fields.ts";
import { takenOver, takeoverOf } from "./takeover.ts";

/** One object to be taken over. */
export interface Adopted {
  object: PlatformObject;
  /**
   * Fields to take away at once; for an object that is already the platform's, since no apply need follow. Of others, and
   * where the rest of the object would not do without them, the apply that follows takes away what is not declared.
   */
  remove: FieldSet;
  /** Version of the object that was looked at; makes each request for a takeover different from the one before. */
  resourceVersion: string;
}

/** What came of it. */
export interface Done {
  object: PlatformObject;
  managers: string[];
  /** The object as it is now. */
  live: LiveObject;
}

/** The API server's words for an object that has changed since it was read, and for one that cannot be. */
const [conflict, invalid] = [409, 422];

/** How often a takeover is tried while others keep changing the object. */
const attempts = 5;

/**
 * Takes one object over. Does nothing where it is gone or nothing is left to take over.
 * @throws ApiError where the cluster does not allow it.
 */
export async function adopt(api: ClusterApi, adopted: Adopted): Promise<Done | undefined> {
  const { object } = adopted;
  let { remove } = adopted;
  for (let attempt = 1; ; attempt += 1) {
    const live = await api.get(objectPath(object));
    const takeover = live === undefined ? undefined : takeoverOf(live, undefined);
    if (live === undefined || takeover === undefined) {
      return undefined;
    }
    try {
      const changed = await api.patch(objectPath(object), adoptionPatch(live, remove));
      return { object, managers: takeover.managers, live: changed };
    } catch (error) {
      const code = error instanceof ApiError ? error.code : 0;
      if (code === invalid && Object.keys(remove).length > 0) {
        // Declared fields differ too, so Pulumi has seen a difference and applies the whole object.
        remove = {};
      } else if (code !== conflict || attempt === attempts) {
        throw error;
      }
    }
  }
}

/** JSON patch that takes an object over as it was read; the API server refuses it with 409 if the object has changed since. */
export function adoptionPatch(live: LiveObject, remove: FieldSet): object[] {
  const managedFields = takenOver(live);
  const { resourceVersion } = live.metadata;
  return [
    ...pointersOf(remove, live).map((path) => ({ op: "remove", path })),
    ...(isDeepStrictEqual(managedFields, live.metadata.managedFields)
      ? []
      : [{ op: "replace", path: "/metadata/managedFields", value: managedFields }]),
    { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
  ];
}
