/**
 * One update at a time: a Lease of the cluster, taken by every `pulumi up` and by `gpu-mode`. Whoever waits for it watches
 * by a clock of its own whether the holder still renews it, so clocks need not agree, and a killed holder blocks nobody for long.
 */
import { RefusedError } from "../stacks/errors.ts";
import { ownerLabels } from "../stacks/names.ts";
import { collectionPath, objectPath, type PlatformObject } from "../stacks/objects.ts";
import { ApiError, type ClusterApi, type LiveObject, UnreachableError } from "./api.ts";

/** The Lease. In `default`, because a refused first update must not make the platform's namespace. */
export const leaseObject: PlatformObject = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  resource: "leases",
  name: "vllm-platform",
  namespace: "default",
  seed: false,
};

/** How long a Lease that is not renewed is respected, in seconds. */
export const leaseSeconds = 15;
/** How often its holder renews it, in milliseconds. */
export const renewEveryMs = 3000;
/** How often one who waits looks at it, in milliseconds. */
const lookEveryMs = 500;

/** The variable by which a holder tells the programs that it starts to work under its Lease. */
export const leaseVariable = "VLLM_PLATFORM_LEASE_HOLDER";

interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}
type Lease = Pick<LiveObject, "metadata"> & { spec?: LeaseSpec };

export interface Held {
  /** Whose Lease it is; for `leaseVariable`. */
  readonly holder: string;
  /** Gives it back. Never rejects: one that cannot be given back expires. */
  release(): Promise<void>;
}

export interface LeaseClocks {
  now: () => Date;
  /** Milliseconds of a clock that is never set. */
  monotonic: () => number;
  sleep: (milliseconds: number) => Promise<void>;
}

/** Where in the Lease its holder's process is named: as `ownProcess` gives it, a space, and the holder that it is of. */
const processAnnotation = "vllm-platform/process";

export interface LeaseOptions {
  /** Who wants it, for the message that another one gets: `pulumi up -s ml on nuc (process 4711)`. */
  holder: string;
  /** Told when it turns out that one has to wait to see whether the holder is alive. */
  waiting: (text: string) => void;
  /**
   * Told when another one has taken the Lease over, for example because the cluster was out of reach for too long, or when it
   * may not be renewed.
   */
  lost: (text: string) => void;
  clocks: LeaseClocks;
  /**
   * By which a program on the same machine can tell at once that this one has ended.
   * @default none: others have to wait for the Lease's time
   */
  process?: string | undefined;
  /** Whether a process named in a Lease is known to have ended; false where that cannot be told from here. */
  hasEnded?: (process: string) => boolean;
}

/**
 * Takes the Lease and renews it until it is released.
 * @throws RefusedError where a living holder has it; UnreachableError.
 */
export async function acquireLease(api: ClusterApi, options: LeaseOptions): Promise<Held> {
  const taken = await take(api, options);
  return keep(api, taken, options);
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
    await clocks.sleep(lookEveryMs);
  }
}

/** Whether nobody holds a Lease, as far as that can be told at once. */
function isFree({ metadata, spec }: Lease, hasEnded: LeaseOptions["hasEnded"]): boolean {
  if (!spec?.holderIdentity) {
    return true;
  }
  const [process = "", ...holder] = (metadata.annotations?.[processAnnotation] ?? "").split(" ");
  return holder.join(" ") === spec.holderIdentity && hasEnded?.(process) === true;
}

async function take(api: ClusterApi, options: LeaseOptions): Promise<Lease> {
  const { waiting, clocks, hasEnded } = options;
  let watched: { version: string; until: number } | undefined;
  for (;;) {
    const live = await api.get<Lease>(objectPath(leaseObject));
    if (live !== undefined && !isFree(live, hasEnded)) {
      const version = live.metadata.resourceVersion;
      if (watched !== undefined && watched.version !== version) {
        throw busy(live.spec, "it is at work now");
      }
      if (watched === undefined) {
        watched = { version, until: clocks.monotonic() + expiryMs(live.spec) };
        waiting(
          `Another update holds the cluster's Lease: ${described(live.spec)}. Looking whether it is alive.`,
        );
      }
      if (clocks.monotonic() < watched.until) {
        await clocks.sleep(lookEveryMs);
        continue;
      }
    }
    const wanted = leaseFor(live, options);
    try {
      return live === undefined
        ? await api.create<Lease>(collectionPath(leaseObject), wanted)
        : await api.replace<Lease>(objectPath(leaseObject), wanted);
    } catch (error) {
      // Someone else was faster: look again, from the start.
      if (!isConflict(error)) {
        throw error;
      }
      watched = undefined;
    }
  }
}

function keep(api: ClusterApi, taken: Lease, { holder, lost, clocks }: LeaseOptions): Held {
  let current = taken;
  let released = false;
  let isGivenBack = false;
  const lose = (text: string): void => {
    released = true;
    clearInterval(timer);
    lost(text);
  };
  let work: Promise<void> = Promise.resolve();
  const write = async (spec: LeaseSpec): Promise<void> => {
    try {
      current = await api.replace<Lease>(objectPath(leaseObject), {
        ...current,
        spec: { ...current.spec, ...spec },
      });
    } catch (error) {
      if (error instanceof UnreachableError) {
        return; // the next renewal tries again
      }
      if (isRefused(error)) {
        if (isGivenBack) {
          return; // it expires
        }
        lose(`The cluster's Lease can be taken and not renewed: ${error.message}`);
        return;
      }
      const live = await api.get<Lease>(objectPath(leaseObject));
      if (live?.spec?.holderIdentity !== holder) {
        lose(
          `The cluster's Lease was taken over: ${live?.spec?.holderIdentity ? described(live.spec) : "nobody holds it"}`,
        );
        return;
      }
      current = live;
    }
  };
  const inTurn = (job: () => Promise<void>): Promise<void> => {
    work = work.then(() => (released ? undefined : job())).catch(() => {});
    return work;
  };
  const timer = setInterval(() => void inTurn(() => write({ renewTime: stamp(clocks.now()) })), renewEveryMs);
  // The program ends when its work does, not when its Lease does.
  timer.unref();
  return {
    holder,
    release: async () => {
      clearInterval(timer);
      isGivenBack = true;
      await inTurn(() => write({ holderIdentity: "", renewTime: stamp(clocks.now()) }));
      released = true;
    },
  };
}

function leaseFor(live: Lease | undefined, { holder, clocks, process }: LeaseOptions): object {
  const { apiVersion, kind, name, namespace } = leaseObject;
  const now = clocks.now();
  const { [processAnnotation]: _, ...others } = live?.metadata.annotations ?? {};
  return {
    apiVersion,
    kind,
    metadata: {
      ...(live?.metadata ?? { name, namespace, labels: ownerLabels }),
      annotations: {
        ...others,
        ...(process === undefined ? {} : { [processAnnotation]: `${process} ${holder}` }),
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

function busy(spec: LeaseSpec | undefined, problem: string): RefusedError {
  return new RefusedError("Another update is under way; nothing was changed.", [
    {
      where: `Lease ${leaseObject.namespace}/${leaseObject.name}`,
      key: spec === undefined || !spec.holderIdentity ? "no holder" : described(spec),
      problem,
      mend: "Wait until it has ended and run the command again",
    },
  ]);
}

function described(spec: LeaseSpec | undefined): string {
  const { holderIdentity, acquireTime } = spec ?? {};
  return `${holderIdentity} since ${acquireTime?.replace(/\.\d+Z$/, "Z") ?? "an unknown time"}`;
}

/** A holder's own word on how long it may be silent is not trusted beyond our own. */
function expiryMs(spec: LeaseSpec | undefined): number {
  return Math.min(spec?.leaseDurationSeconds ?? leaseSeconds, leaseSeconds) * 1000;
}

/** Kubernetes' MicroTime. */
function stamp(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}

/** Whether a write is refused for good, and not for what has become of the Lease. */
function isRefused(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code !== 409 && error.code !== 404;
}

function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.code === 409;
}
