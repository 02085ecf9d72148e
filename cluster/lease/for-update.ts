/** The Lease for as long as a Pulumi program lives. */

import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { hasEnded, ownProcess } from "../../system/own-process.ts";
import type { ClusterApi } from "../api/index.ts";
import { acquireLease, type Held, leaseVariable, shareLease } from "./index.ts";
import type { LeaseClocks } from "./lease-object.ts";

export const systemClocks: LeaseClocks = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (milliseconds) => sleep(milliseconds),
};

/**
 * Pulumi has its own work to do when the program's is done: it asks the engine whether that is done too, in the second of
 * these events. The third comes when the engine has ended, or at once.
 */
const eventsUntilDone = 3;

export interface UpdateLease {
  stack: string;
  /** Whether the stack's mode frees the GPU, and so interrupts others. */
  frees: boolean;
  /** Tells a person something. */
  say: (text: string) => void;
  /** Tells why this update must not go on, and ends the program; the engine finishes what is under way. */
  stop: (why: string, last?: () => Promise<void>) => void;
}

/**
 * Takes the Lease for this program, or shares that of the program which started it, and gives it back when Node.js has
 * nothing left to do.
 * @throws RefusedError where another update is under way that is not interrupted.
 */
export async function leaseForUpdate(
  api: ClusterApi,
  { stack, frees, say, stop }: UpdateLease,
): Promise<Held> {
  const inherited = process.env[leaseVariable];
  if (inherited !== undefined) {
    return shareLease(api, inherited);
  }
  const held: Held = await acquireLease(api, {
    holder: `pulumi up -s ${stack} on ${hostname()} (process ${process.pid})`,
    frees,
    waiting: say,
    lost: (text) => stop(`${text}. This update stops here; run it again.`),
    interrupted: (by) =>
      stop(`Interrupted by ${by}, which frees the GPU. Run this update again to go on from here.`, () =>
        held.release(),
      ),
    clocks: systemClocks,
    // The engine kills the program of an update that failed, and the next try need not wait for that one's Lease.
    process: ownProcess(),
    hasEnded,
  });
  let events = 0;
  process.on("beforeExit", () => {
    events += 1;
    if (events < eventsUntilDone) {
      setImmediate(() => {}); // so that there is a next event
    } else if (events === eventsUntilDone) {
      void held.release();
    }
  });
  return held;
}
