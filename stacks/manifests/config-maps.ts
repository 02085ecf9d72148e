/** The two ConfigMaps: what clients read, and who has the GPU. */

import type { Plan } from "../plan/index.ts";
import { names } from "../vocabulary/names.ts";
import { objectMetadata } from "./metadata.ts";

/** What clients need to fall back to the CPU by themselves. */
export function fallback({ fallback: data }: Plan) {
  return {
    apiVersion: "v1" as const,
    kind: "ConfigMap" as const,
    metadata: objectMetadata(names.fallbackConfig, "fallback"),
    data,
  };
}

/** The claim: which stack has the GPU. */
export function claim<Late>(data: Record<string, Late>) {
  return {
    apiVersion: "v1" as const,
    kind: "ConfigMap" as const,
    metadata: objectMetadata(names.claim, "claim"),
    data,
  };
}
