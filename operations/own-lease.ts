/** The Lease of a command of gpu-mode's. */

import type { ClusterApi } from "../cluster/api/index.ts";
import { type Holding, holdLease } from "../cluster/lease/hold.ts";
import type { Held } from "../cluster/lease/index.ts";
import { Ended, RefusedError } from "../system/errors.ts";

/** From here on nobody else changes the platform. @throws Ended where somebody is at work who is not interrupted. */
export function ownLease(api: ClusterApi, holding: Omit<Holding, "own">): Promise<Held> {
  return holdLease(api, { ...holding, own: true }).catch((error: unknown) => {
    throw error instanceof RefusedError ? new Ended("locked", error.message) : error;
  });
}
