import { PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1/persistentVolumeClaim.js";
import type { Survey } from "../cluster/survey/index.ts";
import { modelCache } from "../stacks/manifests/model-cache.ts";
import type { Plan } from "../stacks/plan/index.ts";
import type { ObjectOptions } from "./object-options.ts";

/**
 * The volume claim with the model files. It is never replaced: of one that is there, only the size changes. Another class or mode
 * is refused before, and a mode that names no class leaves the one that another mode asked for.
 */
export function modelVolume(
  name: string,
  cache: Extract<Plan["cache"], { kind: "claim" }>,
  { storageClass }: Pick<Survey, "storageClass">,
  options: ObjectOptions,
): PersistentVolumeClaim {
  return new PersistentVolumeClaim(
    name,
    modelCache(storageClass === undefined ? cache : { storageClass, ...cache }),
    { ...options, ignoreChanges: ["spec.storageClassName", "spec.accessModes"] },
  );
}
