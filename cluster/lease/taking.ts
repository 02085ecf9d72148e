/**
 * How the Lease is taken: at once from nobody, after its whole time from a holder that is dead, never from one that lives;
 * but for freeing the GPU that one is asked to stop, and loses it where it does not.
 */

import { collectionPath, objectPath } from "../../stacks/vocabulary/objects.ts";
import { RefusedError } from "../../system/errors.ts";
import { ApiError, type ClusterApi } from "../api/index.ts";
import type { LeaseOptions } from "./lease-object.ts";
import {
  described,
  expiryMs,
  frees,
  isFree,
  type Lease,
  type LeaseSpec,
  leaseFor,
  leaseObject,
  withInterrupt,
} from "./lease-object.ts";

/** How often one who waits looks at it, in milliseconds. */
export const askEveryMs = 500;
/** How long a holder that is asked to stop may take until it has given the Lease back, in milliseconds. */
export const stopsWithinMs = 10_000;

/** Whether the Lease may be taken from its holder now; false where it is to be looked at again. */
type MayTake = (live: Lease) => boolean | Promise<boolean>;

/**
 * Takes the Lease.
 * @returns it, and whether that was from a holder that lives.
 * @throws RefusedError where a living holder has it that is not interrupted; UnreachableError.
 */
export async function takeLease(
  api: ClusterApi,
  options: LeaseOptions,
): Promise<{ lease: Lease; byForce: boolean }> {
  const { clocks, hasEnded } = options;
  let watch = watching(options);
  const interrupt = interrupting(api, options);
  for (;;) {
    const live = await api.get<Lease>(objectPath(leaseObject));
    const isHeld = live !== undefined && !isFree(live, hasEnded);
    const byForce = isHeld && options.frees === true && !frees(live);
    const mayTake: MayTake = byForce ? interrupt : watch;
    if (isHeld && !(await mayTake(live))) {
      await clocks.sleep(askEveryMs);
      continue;
    }
    const wanted = leaseFor(live, options, clocks.now());
    try {
      const lease =
        live === undefined
          ? await api.create<Lease>(collectionPath(leaseObject), wanted)
          : await api.replace<Lease>(objectPath(leaseObject), wanted);
      return { lease, byForce };
    } catch (error) {
      // Someone else was faster: look again, from the start.
      if (!isConflict(error)) {
        throw error;
      }
      watch = watching(options);
    }
  }
}

/** A holder that does not renew it for its whole time is dead. @throws RefusedError where it lives. */
function watching({ waiting, clocks }: LeaseOptions): MayTake {
  let watched: { version: string; until: number } | undefined;
  return ({ metadata: { resourceVersion: version }, spec }) => {
    if (watched === undefined) {
      watched = { version, until: clocks.monotonic() + expiryMs(spec) };
      waiting(`Another update holds the cluster's Lease: ${described(spec)}. Looking whether it is alive.`);
    } else if (watched.version !== version) {
      throw busy(spec, "it is at work now");
    }
    return clocks.monotonic() >= watched.until;
  };
}

/** Each holder is asked to stop, and gets its time for that. One that lets it pass is of an older version, or hangs. */
function interrupting(api: ClusterApi, { holder, waiting, clocks }: LeaseOptions): MayTake {
  let asked: { whom: string; until: number } | undefined;
  return async (live) => {
    const whom = described(live.spec);
    if (asked?.whom === whom) {
      const isOver = clocks.monotonic() >= asked.until;
      if (isOver) {
        waiting(`${whom} has not stopped within ${stopsWithinMs / 1000} s: its Lease is taken from it.`);
      }
      return isOver;
    }
    try {
      await api.replace<Lease>(objectPath(leaseObject), withInterrupt(live, holder));
      asked = { whom, until: clocks.monotonic() + stopsWithinMs };
      waiting(`Interrupting ${whom}, as the GPU is to be freed.`);
    } catch (error) {
      // It was renewed or given back at this moment: look again.
      if (!isConflict(error)) {
        throw error;
      }
    }
    return false;
  };
}

/** The refusal for a Lease that another one holds. */
export function busy(spec: LeaseSpec | undefined, problem: string): RefusedError {
  return new RefusedError("Another update is under way; nothing was changed.", [
    {
      where: `Lease ${leaseObject.namespace}/${leaseObject.name}`,
      key: spec === undefined || !spec.holderIdentity ? "no holder" : described(spec),
      problem,
      fix: "Wait until it has ended and run the command again",
    },
  ]);
}

function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.code === 409;
}
