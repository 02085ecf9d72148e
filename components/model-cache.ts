import { PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1/persistentVolumeClaim.js";
import type { CustomResourceOptions } from "@pulumi/pulumi";
import { names } from "../stacks/names.ts";
import type { Plan } from "../stacks/plan.ts";
import { objectMetadata } from "./metadata.ts";

type Claim = Extract<Plan["cache"], { kind: "claim" }>;

/** The volume claim that holds the model files instead of a folder of the node. Kept on destroy: it took a download. */
export function modelCacheClaim(
  name: string,
  { size, storageClass, accessMode }: Claim,
  options: CustomResourceOptions,
): PersistentVolumeClaim {
  return new PersistentVolumeClaim(
    name,
    {
      metadata: objectMetadata(names.volumeClaim, "model-cache", {
        // Many storage classes bind only when a pod wants the volume, and in gaming mode none does.
        annotations: { "pulumi.com/skipAwait": "true" },
      }),
      spec: {
        accessModes: [accessMode],
        resources: { requests: { storage: size } },
        ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
      },
    },
    { ...options, retainOnDelete: true },
  );
}
