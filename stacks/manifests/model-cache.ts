import type { Plan } from "../plan/index.ts";
import { names } from "../vocabulary/names.ts";
import { objectMetadata } from "./metadata.ts";

/** The volume claim that holds the model files instead of a folder of the node. */
export function modelCache({ size, storageClass, accessMode }: Extract<Plan["cache"], { kind: "claim" }>) {
  return {
    apiVersion: "v1" as const,
    kind: "PersistentVolumeClaim" as const,
    metadata: objectMetadata(names.volumeClaim, "model-cache", {
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
