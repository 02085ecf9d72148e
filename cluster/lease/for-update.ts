/** The Lease for as long as a Pulumi program lives. */

import type { ClusterApi } from "../api/index.ts";
import { holdLease } from "./hold.ts";
import type { Held } from "./index.ts";

/** Pulumi listens to `beforeExit` twice after the program's own; the Lease is released on the third. */
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
  const held: Held = await holdLease(api, {
    command: `pulumi up -s ${stack}`,
    frees,
    waiting: say,
    lost: (text) => stop(`${text}. This update stops here; run it again.`),
    interrupted: (by) =>
      stop(`Interrupted by ${by}, which frees the GPU. Run this update again to go on from here.`, () =>
        held.release(),
      ),
  });
  // The engine tells a program whose update failed, or was stopped, to end. It ends by itself as soon as the engine is through,
  // and only then may others begin; told twice, it ends at once, and the Lease expires.
  process.once("SIGINT", () => {});
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
