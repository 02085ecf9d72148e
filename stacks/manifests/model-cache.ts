import type { Plan } from "../plan/index.ts";
import { names } from "../vocabulary/names.ts";
import { objectMetadata, type Part } from "./metadata.ts";

/** The volume claim that holds the model files instead of a folder of the node. */
export function modelCache(cache: VolumePlan) {
  return volumeClaim(names.volumeClaim, "model-cache", cache);
}

type VolumePlan = Extract<Plan["cache"], { kind: "claim" }>;

export function volumeClaim(name: string, part: Part, { size, storageClass, accessMode }: VolumePlan) {
  return {
    apiVersion: "v1" as const,
    kind: "PersistentVolumeClaim" as const,
    metadata: objectMetadata(name, part, {
      // Many storage classes bind only when a pod wants the volume, and in gaming mode none does.
      annotations: { "pulumi.com/skipAwait": "true" },
    }),
    spec: {
      accessModes: [accessMode],
      resources: { requests: { storage: size } },
      ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
    },
  };
}
