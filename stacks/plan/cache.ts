// Where model files lie: a folder of the node, or a volume that the cluster provides.

import type { Settings } from "../settings/index.ts";
import { defaultCachePath } from "../settings/node.ts";

export type AccessMode = NonNullable<Settings["cache"]["claim"]>["accessMode"];

export type CachePlan =
  | { kind: "hostPath"; path: string }
  | { kind: "claim"; size: string; storageClass?: string; accessMode: AccessMode };

export function planCache({ hostPath, claim }: Settings["cache"]): CachePlan {
  if (claim === undefined) {
    return { kind: "hostPath", path: hostPath ?? defaultCachePath };
  }
  const { size, storageClass, accessMode } = claim;
  return { kind: "claim", size, ...(storageClass === undefined ? {} : { storageClass }), accessMode };
}
