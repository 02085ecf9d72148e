/**
 * One update at a time: a Lease of the cluster, taken by every `pulumi up` and by `gpu-mode`. Whoever waits for it watches
 * by a clock of its own whether the holder still renews it, so clocks need not agree, and a killed holder blocks nobody for long.
 * Who wants to free the GPU does not wait: the holder is asked to stop, and where it does not, the Lease is taken from it.
 */

import { objectPath } from "../../stacks/vocabulary/objects.ts";
import { ApiError, type ClusterApi, UnreachableError } from "../api/index.ts";
import type { LeaseOptions } from "./lease-object.ts";
import {
  described,
  expiryMs,
  frees,
  interruptedBy,
  isFree,
  type Lease,
  type LeaseSpec,
  leaseObject,
  stamp,
} from "./lease-object.ts";
import { askEveryMs, busy, takeLease } from "./taking.ts";

/** How often a holder looks whether it still has the Lease, and whether it is asked to stop, in milliseconds. */
export const lookEveryMs = 1000;
/** With which of its looks a holder renews the Lease. */
const renewEveryLooks = 3;
/** How often a holder renews it, in milliseconds. */
export const renewEveryMs = renewEveryLooks * lookEveryMs;
/**
 * For how long a holder that cannot renew it still counts as one, in milliseconds, by its own clock: an API server may be silent for
 * 10 s of it, whenever that begins between two renewals. The rest of the Lease's time is for what the holder has under way: who
 * waits takes the Lease when that is over.
 */
export const silentWithinMs = 16_000;
/** After which time a holder has noticed that the Lease was taken from it, in milliseconds: it has renewed once by then. */
export const noticesWithinMs = (renewEveryLooks + 1) * lookEveryMs;
/** How often giving it back is tried while others write into it. */
const releaseAttempts = 5;

/** The variable by which a holder tells the programs that it starts to work under its Lease. */
export const leaseVariable = "VLLM_PLATFORM_LEASE_HOLDER";

export interface Held {
  /** Whose Lease it is; for `leaseVariable`. */
  readonly holder: string;
  /** Gives it back. Never rejects: one that cannot be given back expires. */
  release(): Promise<void>;
}

/**
 * Takes the Lease and renews it until it is released.
 * @throws RefusedError where a living holder has it that is not interrupted; UnreachableError.
 */
export async function acquireLease(api: ClusterApi, options: LeaseOptions): Promise<Held> {
  const { lease, byForce } = await takeLease(api, options);
  const held = keep(api, lease, options);
  if (byForce) {
    await options.clocks.sleep(noticesWithinMs);
  }
  return held;
}

/**
 * Works under the Lease of the program that started this one.
 * @throws RefusedError where that one does not hold it any more.
 */
export async function shareLease(api: ClusterApi, holder: string): Promise<Held> {
  const live = await api.get<Lease>(objectPath(leaseObject));
  if (live?.spec?.holderIdentity !== holder) {
    throw busy(live?.spec, "the update that this one belongs to has lost its Lease");
  }
  return { holder, release: async () => {} };
}

/**
 * Whether somebody else is at work; undefined where nobody is. Takes nothing.
 * A holder that does not renew its Lease while it is watched is dead and counts as nobody.
 * @param self the Lease's holder under which the caller works itself, if any.
 */
export async function whoIsAtWork(
  api: ClusterApi,
  { clocks, hasEnded, self }: Pick<LeaseOptions, "clocks" | "hasEnded"> & { self?: string | undefined },
): Promise<string | undefined> {
  let watched: { version: string; until: number } | undefined;
  for (;;) {
    const live = await api.get<Lease>(objectPath(leaseObject));
    if (live === undefined || isFree(live, hasEnded) || live.spec?.holderIdentity === self) {
      return undefined;
    }
    const version = live.metadata.resourceVersion;
    watched ??= { version, until: clocks.monotonic() + expiryMs(live.spec) };
    if (watched.version !== version) {
      return described(live.spec);
    }
    if (clocks.monotonic() >= watched.until) {
      return undefined;
    }
    await clocks.sleep(askEveryMs);
  }
}

/** Whether somebody holds the Lease whom one that frees the GPU would interrupt. Takes nothing, and does not wait. */
export async function isInterruptible(
  api: ClusterApi,
  { hasEnded }: Pick<LeaseOptions, "hasEnded">,
): Promise<boolean> {
  const live = await api.get<Lease>(objectPath(leaseObject));
  return live !== undefined && !isFree(live, hasEnded) && !frees(live);
}

function keep(api: ClusterApi, taken: Lease, { holder, lost, interrupted, clocks }: LeaseOptions): Held {
  let current = taken;
  let over = false;
  let told = false;
  let isGivenBack = false;
  let looks = 0;
  let renewedAt = clocks.monotonic();
  const lose = (text: string, silent = false): void => {
    if (!over) {
      over = true;
      clearInterval(timer);
      lost(text, silent);
    }
  };
  let work: Promise<void> = Promise.resolve();
  /** @returns whether it is still this one's. */
  const look = async (): Promise<boolean> => {
    const live = await api.get<Lease>(objectPath(leaseObject));
    if (live?.spec?.holderIdentity !== holder) {
      lose(
        `The cluster's Lease was taken over: ${live?.spec?.holderIdentity ? described(live.spec) : "nobody holds it"}`,
      );
      return false;
    }
    current = live;
    const by = interruptedBy(live);
    if (by !== undefined && !told) {
      told = true;
      interrupted(by);
    }
    return true;
  };
  /** @returns whether there is nothing more to write. */
  const write = async (spec: LeaseSpec): Promise<boolean> => {
    const began = clocks.monotonic();
    try {
      current = await api.replace<Lease>(objectPath(leaseObject), {
        ...current,
        spec: { ...current.spec, ...spec },
      });
      renewedAt = began;
      return true;
    } catch (error) {
      if (isRefused(error)) {
        if (!isGivenBack) {
          lose(`The cluster's Lease can be taken and not renewed: ${error.message}`);
        }
        return true; // it expires
      }
      // Where the cluster is out of reach, the next renewal tries again.
      return error instanceof UnreachableError || !(await look());
    }
  };
  const inTurn = (job: () => Promise<unknown>): Promise<void> => {
    work = work.then(async () => void (over || (await job()))).catch(() => {});
    return work;
  };
  const timer = setInterval(() => {
    // A request under way may hang, or this process was stopped for a while: neither is waited for.
    const silentMs = clocks.monotonic() - renewedAt;
    if (silentMs > silentWithinMs) {
      lose(
        `The cluster's Lease could not be renewed for ${Math.round(silentMs / 1000)} s, and another update may take it over`,
        true,
      );
      return;
    }
    looks += 1;
    const renews = looks % renewEveryLooks === 0;
    void inTurn(renews ? () => write({ renewTime: stamp(clocks.now()) }) : look);
  }, lookEveryMs);
  // The program ends when its work does, not when its Lease does.
  timer.unref();
  return {
    holder,
    release: async () => {
      clearInterval(timer);
      told = true;
      isGivenBack = true;
      await inTurn(async () => {
        for (let attempt = 1; attempt <= releaseAttempts; attempt += 1) {
          if (await write({ holderIdentity: "", renewTime: stamp(clocks.now()) })) return;
        }
      });
      over = true;
    },
  };
}

/** Whether a write is refused for good, and not for what has become of the Lease. */
function isRefused(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code !== 409 && error.code !== 404;
}
