import type { Plan } from "../plan/index.ts";
import { objectTitle, type PlatformObject, possibleObjects } from "../vocabulary/objects.ts";
import { manifestsOf } from "./index.ts";

/** The objects that a plan declares, the claim among them. */
export function declaredObjects(plan: Plan): PlatformObject[] {
  const declared = new Set(manifestsOf(plan, { claim: {} }).map((one) => `${one.kind}/${one.metadata.name}`));
  return possibleObjects.filter((object) => declared.has(objectTitle(object)));
}
