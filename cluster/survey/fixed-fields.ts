/**
 * Fields that Kubernetes never changes of an object: where a live one has others than the mode declares, no update can bring it in
 * line, and the API server would say so only after the claim was written. Pure.
 */
import { isDeepStrictEqual } from "node:util";
import type { Plan } from "../../stacks/plan/index.ts";
import { quantityValue } from "../../stacks/vocabulary/measures.ts";
import { names, selectorLabels } from "../../stacks/vocabulary/names.ts";
import {
  deploymentObject,
  objectTitle,
  type PlatformObject,
  volumeClaimObject,
} from "../../stacks/vocabulary/objects.ts";
import type { Fault } from "../../system/errors.ts";
import type { LiveObject } from "../api/index.ts";
import { isOurs } from "../fields/managers.ts";

/** Each live object that cannot become what a plan declares, with what a person can do. */
export function fixedFieldFaults(
  plan: Plan,
  liveOf: (object: PlatformObject) => LiveObject | undefined,
): Fault[] {
  return [...ofDeployment(liveOf(deploymentObject)), ...ofVolumeClaim(plan, liveOf(volumeClaimObject))];
}

function ofDeployment(live: LiveObject | undefined): Fault[] {
  const { selector } = (live?.spec ?? {}) as { selector?: object };
  return live === undefined || isDeepStrictEqual(selector, { matchLabels: selectorLabels })
    ? []
    : [
        {
          where: titleOf(deploymentObject),
          key: "spec.selector",
          found: selector,
          problem: `Kubernetes never changes it, and the platform's is ${JSON.stringify({ matchLabels: selectorLabels })}`,
          fix: `Delete the Deployment, whose pods may hold the GPU: kubectl delete -n ${names.namespace} deployment/${names.deployment}`,
        },
      ];
}

/** The live volume claim, as far as it is compared. */
interface VolumeClaimSpec {
  accessModes?: string[];
  storageClassName?: string;
  resources?: { requests?: { storage?: string } };
}

function ofVolumeClaim({ cache }: Plan, live: LiveObject | undefined): Fault[] {
  if (cache.kind !== "claim" || live === undefined) {
    return [];
  }
  const { accessModes, storageClassName, resources } = (live.spec ?? {}) as VolumeClaimSpec;
  const size = resources?.requests?.storage ?? "0";
  const where = titleOf(volumeClaimObject);
  const orAnew = `or delete the volume claim with the model files in it, which are then fetched anew: kubectl delete -n ${names.namespace} pvc/${names.volumeClaim}`;
  const faults: Fault[] = [];
  if (cache.storageClass !== undefined && cache.storageClass !== storageClassName) {
    const fix = storageClassName
      ? `Set cache.claim.storageClass: ${storageClassName}`
      : "Leave cache.claim.storageClass out";
    faults.push({
      where,
      key: "spec.storageClassName",
      found: storageClassName ?? "",
      problem: `Kubernetes never changes it, and cache.claim.storageClass is ${cache.storageClass}`,
      fix: `${fix}, ${orAnew}`,
    });
  }
  if (!isDeepStrictEqual(accessModes, [cache.accessMode])) {
    const [only, ...more] = accessModes ?? [];
    faults.push({
      where,
      key: "spec.accessModes",
      found: accessModes,
      problem: `Kubernetes never changes them, and cache.claim.accessMode is ${cache.accessMode}`,
      fix:
        only === undefined || more.length > 0
          ? `D${orAnew.slice("or d".length)}`
          : `Set cache.claim.accessMode: ${only}, ${orAnew}`,
    });
  }
  if (quantityValue(cache.size) < quantityValue(size)) {
    faults.push({
      where,
      key: "spec.resources.requests.storage",
      found: size,
      problem: `a volume only ever grows, and cache.claim.size is ${cache.size}`,
      fix: `Set cache.claim.size: ${size}, ${orAnew}`,
    });
  }
  return faults;
}

/**
 * The class of the live volume claim, where the platform itself once asked for it: a mode that names none must go on asking for
 * it, as leaving it out would be a change.
 */
export function askedStorageClass(live: LiveObject | undefined): string | undefined {
  const ours = live?.metadata.managedFields?.find(isOurs)?.fieldsV1;
  return ours?.["f:spec"]?.["f:storageClassName"] === undefined
    ? undefined
    : (live?.spec as VolumeClaimSpec | undefined)?.storageClassName;
}

function titleOf(object: PlatformObject): string {
  return `${objectTitle(object)} in namespace ${names.namespace}`;
}
