/** Objects of the platform that the active mode does not declare: another mode did, and a plain `pulumi up` leaves them. Pure. */
import { apiKeyObject, declaredObjects, type PlatformObject, possibleObjects } from "../stacks/objects.ts";
import type { Plan } from "../stacks/plan.ts";
import type { LiveObject } from "./api.ts";
import { ownerOf } from "./ownership.ts";

/**
 * The platform's own live objects that a plan does not declare. What others made under such a name is not the platform's.
 * @param liveOf the live objects of `possibleObjects`, as `readLive(api, possibleObjects).of` gives them.
 */
export function leftoverObjects(
  plan: Plan,
  liveOf: (object: PlatformObject) => LiveObject | undefined,
): PlatformObject[] {
  const declared = new Set(declaredObjects(plan));
  return possibleObjects.filter((object) => {
    const live = liveOf(object);
    return !declared.has(object) && live !== undefined && ownerOf(object, live).owner === "ours";
  });
}

/** Whether an object holds what cannot be made again, so that it is named to a person and never removed unasked. */
export function isIrreplaceable(object: PlatformObject): boolean {
  return object === apiKeyObject || object.kind === "PersistentVolumeClaim";
}
