/** The Lease of a switch by `gpu-mode`. */

import type { ClusterApi } from "../../cluster/api/index.ts";
import type { Held } from "../../cluster/lease/index.ts";
import { Ended } from "../../system/errors.ts";
import { ownLease } from "../own-lease.ts";

export interface SwitchLease {
  mode: string;
  /** Whether the mode frees the GPU: it then interrupts a switch that does not. */
  frees: boolean;
  say: (text: string) => void;
  /** Ends what is under way. */
  abort: AbortController;
}

/** From here on nobody else changes the platform. @throws Ended where somebody is at work who is not interrupted. */
export function leaseForSwitch(api: ClusterApi, { mode, frees, say, abort }: SwitchLease): Promise<Held> {
  const end = (message: string, exit: "locked" | "unreachable" = "locked"): void =>
    abort.abort(new Ended(exit, message));
  return ownLease(api, {
    command: `gpu-mode ${mode}`,
    frees,
    waiting: say,
    lost: (text, silent) =>
      end(`${text}. This switch stops here; run it again.`, silent ? "unreachable" : "locked"),
    interrupted: (by) => {
      say(`Interrupted by ${by}; stopping.`);
      end(`Interrupted by ${by}, which frees the GPU. Nothing is lost: gpu-mode ${mode} goes on from here.`);
    },
  });
}
