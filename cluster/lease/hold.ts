/** The Lease for a process of this project, whichever command it is. */
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { hasEnded, ownProcess } from "../../system/own-process.ts";
import type { ClusterApi } from "../api/index.ts";
import { acquireLease, type Held, leaseVariable, shareLease, whoIsAtWork } from "./index.ts";
import type { LeaseClocks, LeaseOptions } from "./lease-object.ts";

const systemClocks: LeaseClocks = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (milliseconds) => sleep(milliseconds),
};

export interface Holding extends Pick<LeaseOptions, "frees" | "waiting" | "lost" | "interrupted"> {
  /** The command as a person knows it; whoever waits reads it. */
  command: string;
  /** Takes it although the environment names one: for who starts others, and is started by nobody. @default false */
  own?: boolean;
}

/**
 * Takes the Lease for this process, or shares that of the program which started it.
 * @throws RefusedError where somebody is at work who is not interrupted; UnreachableError.
 */
export function holdLease(api: ClusterApi, { command, own = false, ...options }: Holding): Promise<Held> {
  const inherited = process.env[leaseVariable];
  return inherited && !own
    ? shareLease(api, inherited)
    : acquireLease(api, {
        ...options,
        holder: `${command} on ${hostname()} (process ${process.pid})`,
        // A process that was killed does not make the next one wait until its Lease has expired.
        process: ownProcess(),
        hasEnded,
        clocks: systemClocks,
      });
}

/** Who else is at work now; undefined where nobody is. Takes nothing. */
export function otherAtWork(api: ClusterApi): Promise<string | undefined> {
  return whoIsAtWork(api, { clocks: systemClocks, hasEnded, self: process.env[leaseVariable] });
}
