/** The Lease for as long as a Pulumi program lives. */
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterApi } from "./api.ts";
import { acquireLease, type Held, type LeaseClocks, leaseVariable, shareLease } from "./lease.ts";
import { hasEnded, ownProcess } from "./own-process.ts";

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

/**
 * Takes the Lease for this program, or shares that of the program which started it, and gives it back when Node.js has
 * nothing left to do.
 * @throws RefusedError where another update is under way.
 */
export async function leaseForUpdate(
  api: ClusterApi,
  stack: string,
  { say, lost }: { say: (text: string) => void; lost: (text: string) => void },
): Promise<Held> {
  const inherited = process.env[leaseVariable];
  if (inherited !== undefined) {
    return shareLease(api, inherited);
  }
  const held = await acquireLease(api, {
    holder: `pulumi up -s ${stack} on ${hostname()} (process ${process.pid})`,
    waiting: say,
    lost,
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
