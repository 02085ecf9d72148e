/** What the Lease says: who holds it since when, by which process, whether for freeing the GPU, and who wants to interrupt that. Pure. */

import { ownerLabels } from "../../stacks/vocabulary/names.ts";
import type { PlatformObject } from "../../stacks/vocabulary/objects.ts";
import { oneLine } from "../../system/terminal/foreign-text.ts";
import type { LiveObject } from "../api/index.ts";

/** The Lease. In `default`, because a refused first update must not make the platform's namespace. */
export const leaseObject: PlatformObject = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  resource: "leases",
  name: "vllm-platform",
  namespace: "default",
  madeByHand: false,
};

/** How long a Lease that is not renewed is respected, in seconds. */
export const leaseSeconds = 20;

export interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}
export type Lease = Pick<LiveObject, "metadata"> & { spec?: LeaseSpec };

/** Where in the Lease its holder's process is named: as `ownProcess` gives it, a space, and the holder that it is of. */
const processAnnotation = "vllm-platform/process";

/** Where the holder is named again if it frees the GPU, so that nobody interrupts it for the same purpose. */
const freesAnnotation = "vllm-platform/frees";

/** Where somebody is named who asks the holder to stop, as the GPU is wanted back. */
const interruptAnnotation = "vllm-platform/interrupt";

/** Who wants a Lease. */
export interface Wanted {
  /** For the message that another one gets: `pulumi up -s ml on nuc (process 4711)`. */
  holder: string;
  /** By which a program on the same machine can tell at once that this one has ended. */
  process?: string | undefined;
  /** Whether the GPU is to be freed. */
  frees?: boolean | undefined;
}

/** Whether nobody holds a Lease, as far as that can be told at once. */
export function isFree({ metadata, spec }: Lease, hasEnded?: (process: string) => boolean): boolean {
  if (!spec?.holderIdentity) {
    return true;
  }
  const [process = "", ...holder] = (metadata.annotations?.[processAnnotation] ?? "").split(" ");
  return holder.join(" ") === spec.holderIdentity && hasEnded?.(process) === true;
}

/** Whether a Lease's holder frees the GPU. */
export function frees({ metadata, spec }: Lease): boolean {
  return metadata.annotations?.[freesAnnotation] === spec?.holderIdentity;
}

/** Who asks a Lease's holder to stop; undefined where nobody does. */
export function interruptedBy({ metadata }: Lease): string | undefined {
  return metadata.annotations?.[interruptAnnotation];
}

/** A Lease with the request to its holder to stop. */
export function withInterrupt(live: Lease, who: string): Lease {
  const annotations = { ...live.metadata.annotations, [interruptAnnotation]: who };
  return { ...live, metadata: { ...live.metadata, annotations } };
}

/** The Lease as it is taken, from nobody or from its former holder: whatever that one was asked for is over. */
export function leaseFor(live: Lease | undefined, { holder, process, frees }: Wanted, now: Date): object {
  const { apiVersion, kind, name, namespace } = leaseObject;
  const {
    [processAnnotation]: _process,
    [freesAnnotation]: _frees,
    [interruptAnnotation]: _interrupt,
    ...others
  } = live?.metadata.annotations ?? {};
  return {
    apiVersion,
    kind,
    metadata: {
      ...(live?.metadata ?? { name, namespace, labels: ownerLabels }),
      annotations: {
        ...others,
        ...(process === undefined ? {} : { [processAnnotation]: `${process} ${holder}` }),
        ...(frees ? { [freesAnnotation]: holder } : {}),
      },
    },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: leaseSeconds,
      acquireTime: stamp(now),
      renewTime: stamp(now),
      leaseTransitions: (live?.spec?.leaseTransitions ?? -1) + 1,
    } satisfies LeaseSpec,
  };
}

/** The holder in words. */
export function described(spec: LeaseSpec | undefined): string {
  const { holderIdentity, acquireTime } = spec ?? {};
  return oneLine(`${holderIdentity} since ${acquireTime?.replace(/\.\d+Z$/, "Z") ?? "an unknown time"}`);
}

/** How long a holder may be silent, in milliseconds. Its own word on that is not trusted beyond ours. */
export function expiryMs(spec: LeaseSpec | undefined): number {
  return Math.min(spec?.leaseDurationSeconds ?? leaseSeconds, leaseSeconds) * 1000;
}

/** Kubernetes' MicroTime. */
export function stamp(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}

export interface LeaseClocks {
  now: () => Date;
  /** Milliseconds of a clock that is never set. */
  monotonic: () => number;
  sleep: (milliseconds: number) => Promise<void>;
}

/** Who wants it; one that frees the GPU interrupts a holder that does not. */
export interface LeaseOptions extends Wanted {
  /** Told when one has to wait, to see whether the holder is alive or until it has stopped. */
  waiting: (text: string) => void;
  /**
   * Told once when the Lease is no longer this one's: another one has taken it over, it may not be renewed, or it could not be for
   * so long that another one may take it at any moment. `silent`: only that last one, and whose it is now is not known.
   */
  lost: (text: string, silent: boolean) => void;
  /** Told once when somebody who frees the GPU asks for the Lease: who. It is to be given back as soon as the work can stop. */
  interrupted: (by: string) => void;
  clocks: LeaseClocks;
  /** Whether a process named in a Lease is known to have ended; false where that cannot be told from here. */
  hasEnded?: (process: string) => boolean;
}
