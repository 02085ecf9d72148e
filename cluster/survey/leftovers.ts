/** What stands in the cluster that the active mode does not declare: only a previous mode did. Pure. */
import { declaredObjects } from "../../stacks/manifests/index.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import { irreplaceable, type PlatformObject, possibleObjects } from "../../stacks/vocabulary/objects.ts";
import type { LiveObject } from "../api/index.ts";
import { ownerOf } from "../fields/owner.ts";

export interface Leftovers {
  /** Objects that go with the next update. */
  removable: PlatformObject[];
  /** Objects that hold what cannot be made again: model files, the key that clients know. A person decides. */
  kept: PlatformObject[];
}

/** The platform's own objects that a plan does not declare. Objects of others are never among them. */
export function leftoversOf(
  plan: Plan,
  liveOf: (object: PlatformObject) => LiveObject | undefined,
): Leftovers {
  const declared = declaredObjects(plan);
  const left = possibleObjects.filter((object) => {
    const live = declared.includes(object) ? undefined : liveOf(object);
    return live !== undefined && ownerOf(object, live).owner === "ours";
  });
  return {
    removable: left.filter((object) => !irreplaceable.includes(object)),
    kept: left.filter((object) => irreplaceable.includes(object)),
  };
}
