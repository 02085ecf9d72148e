/** Changing the cluster, under the Lease: `pulumi up`, and for a mode that frees the GPU the release ahead of it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Held } from "../../cluster/lease/index.ts";
import { type PlatformEvent, readEvents } from "../../cluster/programs/events.ts";
import { releaseAtOnce } from "../../cluster/readiness/free-gpu.ts";
import type { Survey } from "../../cluster/survey/index.ts";
import { usualLoadSeconds } from "../../stacks/plan/probes.ts";
import { Ended } from "../../system/errors.ts";
import { confirm, confirmFree } from "./confirm.ts";
import { reasonOf } from "./failures.ts";
import type { Context, Reached } from "./situation.ts";

/** How often it is looked what the programs of the update tell, in milliseconds: a phase is shown at once for a person. */
const listenEveryMs = 100;

/** An update that did not succeed, with what its programs told. */
export class UpdateFailed extends Error {
  readonly told: readonly PlatformEvent[];

  constructor(cause: unknown, told: readonly PlatformEvent[]) {
    super("the update failed", { cause });
    this.told = told;
  }
}

/** Brings up a mode that serves, and asks the server for its names. */
export async function serve(context: Context, { claim }: Survey, held: Held): Promise<Reached> {
  const { phases, plan } = context;
  phases.moveTo("apply", "pulumi up");
  const told = await update(context, held, (event) => {
    if (event.kind === "waiting") {
      phases.follow(event.phase, detailOf(event, plan));
    }
  });
  const declaredOnly = told.findLast((event) => event.kind === "declared-only");
  const outcome =
    declaredOnly === undefined
      ? await confirm(context, claim.switchNumber)
      : ({ state: "warning", detail: declaredOnly.detail } as const);
  return { outcome, reachedAfter: phases.total };
}

/** What is waited for, in words: of a model that loads, also how long that usually takes. */
function detailOf(
  { phase, detail }: Extract<PlatformEvent, { kind: "waiting" }>,
  { server }: Context["plan"],
): string {
  return phase === "load"
    ? `${detail}, usually about ${usualLoadSeconds(server.numbers.weightBytes)} s`
    : detail;
}

/** Frees the GPU: claim and Deployment at once, and the stack brought in line while the pod ends. */
export async function free(context: Context, { claim }: Survey, held: Held): Promise<Reached> {
  const { api, plan, phases, signal } = context;
  phases.moveTo("claim");
  const released = await releaseAtOnce(api, claim);
  phases.end("claim");
  if (released) {
    phases.begin("release");
  }
  phases.begin("apply", "pulumi up");
  const up = update(context, held, () => {}).then(() => phases.end("apply"));
  const wait = (): Promise<Reached> => confirmFree(context, claim.switchNumber);
  // Without it the engine's change comes first; before that, the old pod is no sign of anything.
  const gone = released ? wait() : up.then(wait);
  const [brought, freed] = await Promise.allSettled([up, gone]);
  if (brought.status === "rejected") {
    const { reason } = brought;
    throw released && freed.status === "fulfilled" && !signal.aborted
      ? new Ended(
          "failed",
          `The GPU is given back, but stack ${plan.mode} could not be brought in line: ${reasonOf(reason instanceof UpdateFailed ? reason.cause : reason)}`,
        )
      : reason;
  }
  return gone;
}

/**
 * `pulumi up` under this program's Lease.
 * @param hear gets what its programs tell, while they work.
 * @returns all that they told.
 */
async function update(
  { engine, plan, phases, force, signal }: Context,
  held: Held,
  hear: (event: PlatformEvent) => void,
): Promise<PlatformEvent[]> {
  signal.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), "gpu-mode-"));
  const events = join(folder, "events.jsonl");
  const told: PlatformEvent[] = [];
  const listen = (): void => {
    for (const event of readEvents(events).slice(told.length)) {
      told.push(event);
      if (event.kind === "node-warning") {
        phases.say(`GPU node, warning: ${event.text}`);
      }
      hear(event);
    }
  };
  const ended = new AbortController();
  const listening = (async () => {
    while (!ended.signal.aborted) {
      listen();
      await sleep(listenEveryMs, undefined, { signal: ended.signal }).catch(() => {});
    }
  })();
  listening.catch(() => {}); // told where it is waited for
  const stopListening = async (): Promise<void> => {
    ended.abort();
    await listening;
    listen();
    await rm(folder, { recursive: true, force: true });
  };
  return engine.up(plan.mode, { lease: held.holder, force, events }).then(
    async () => {
      await stopListening();
      return told;
    },
    async (error: unknown) => {
      await stopListening();
      throw new UpdateFailed(error, told);
    },
  );
}
