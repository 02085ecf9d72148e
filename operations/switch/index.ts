/** `gpu-mode <mode>`: what happens in which order. */
import type { ClusterApi } from "../../cluster/api/index.ts";
import type { Held } from "../../cluster/lease/index.ts";
import type { Outcome } from "../../cluster/readiness/wait.ts";
import { type Route, readRoute } from "../../cluster/requirements/route.ts";
import type { Survey } from "../../cluster/survey/index.ts";
import { type Engine, openEngine } from "../../engine/index.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import { objectTitle } from "../../stacks/vocabulary/objects.ts";
import { Ended, RefusedError } from "../../system/errors.ts";
import { openCluster, type Project } from "../project.ts";
import { free, serve, UpdateFailed } from "./apply.ts";
import { endOfSwitch } from "./failures.ts";
import { anywayPhases, freeAnyway, openClusterAnyway } from "./free-anyway.ts";
import { compare, look, lookAgain, requireCluster } from "./look.ts";
import { Phases, type PhaseView, type SwitchPhase } from "./phases.ts";
import type { Context } from "./situation.ts";
import { leaseForSwitch } from "./switch-lease.ts";

export interface SwitchOptions {
  project: Project;
  mode: string;
  /** Declare a serving mode although it cannot work now. */
  force: boolean;
  /** Ctrl-C. */
  signal: AbortSignal;
  view: (phases: readonly SwitchPhase[]) => Promise<PhaseView>;
}

export interface Switched {
  plan: Plan;
  /** The mode that was active before; undefined where none was. */
  from: string | undefined;
  /** Whether anything was done at all. */
  changed: boolean;
  outcome: Outcome;
  /** Whether those outside the cluster have it too; null for a mode without a route, and for one that does not serve. */
  route: Route | null;
  /** Seconds until users had what the mode promises. */
  reachedAfter: number;
  seconds: Partial<Record<SwitchPhase, number>>;
  removed: string[];
  kept: string[];
}

const freeingPhases: readonly SwitchPhase[] = ["check", "claim", "release", "apply"];

function servingPhases({ server }: Plan): readonly SwitchPhase[] {
  const test: SwitchPhase[] = server.smokeTest === undefined ? [] : ["test"];
  return ["check", "apply", "release", "pull", ...test, "load", "serve"];
}

/**
 * Switches to a mode, or brings the active one in line with its files. A mode that frees the GPU does that also where the
 * rest of it is refused.
 * @throws Ended where that was refused or did not succeed.
 */
export async function switchTo(options: SwitchOptions): Promise<Switched> {
  const { project, mode, force } = options;
  let plan: Plan;
  try {
    plan = project.planOf(mode);
  } catch (error) {
    if (!project.knownAnyway(mode).frees) {
      throw error;
    }
    const api = await openClusterAnyway(options, error);
    throw await freeOnly(api, options, new Phases(await options.view(anywayPhases)), error);
  }
  const phases = new Phases(await options.view(plan.serves ? servingPhases(plan) : freeingPhases));
  const { api } = await openCluster(plan);
  const abort = new AbortController();
  const signal = AbortSignal.any([options.signal, abort.signal]);
  let engine: Engine;
  try {
    engine = openEngine({ folder: project.folder, signal, say: (text) => phases.say(text) });
  } catch (error) {
    throw plan.serves ? error : await freeOnly(api, options, phases, error);
  }
  return inOrder({ project, plan, api, engine, phases, force, signal }, abort, options);
}

/** The order of a switch. @param abort ends it where the Lease is lost. */
async function inOrder(context: Context, abort: AbortController, options: SwitchOptions): Promise<Switched> {
  const { plan, api, phases, force, signal } = context;
  let from: string | undefined;
  let held: Held | undefined;
  try {
    let situation = await look(context);
    from = situation.survey.holder.mode;
    const already = situation.whole ? await compare(context, situation) : undefined;
    if (already?.state === "superseded") {
      // No Lease was held yet, so another switch may well have come between: this one then comes after it.
      phases.say(`Meanwhile ${already.detail}.`);
      situation = { ...situation, survey: await lookAgain(context) };
    } else if (already !== undefined) {
      const reached = { outcome: already, reachedAfter: phases.total };
      return await done(context, {
        ...reached,
        from,
        changed: false,
        ...leftovers(situation.survey),
        removed: [],
      });
    }
    if (plan.serves && !force) {
      await requireCluster(context, situation);
    }
    held = await leaseForSwitch(api, {
      mode: plan.mode,
      frees: !plan.serves,
      say: (text) => phases.say(text),
      abort,
    });
    signal.throwIfAborted();
    const survey = await lookAgain(context);
    from = survey.holder.mode;
    const reached = plan.serves ? await serve(context, survey, held) : await free(context, survey, held);
    return await done(context, { ...reached, from, changed: true, ...leftovers(survey) });
  } catch (error) {
    if (error instanceof RefusedError && !plan.serves) {
      await held?.release();
      throw await freeOnly(api, options, phases, error);
    }
    await phases.fail();
    const reason: unknown = signal.aborted && signal.reason instanceof Ended ? signal.reason : error;
    const [cause, told] = reason instanceof UpdateFailed ? [reason.cause, reason.told] : [reason, []];
    throw await endOfSwitch(cause, {
      mode: plan.mode,
      frees: !plan.serves,
      from,
      begun: held !== undefined,
      told,
      api,
    });
  } finally {
    await held?.release();
  }
}

/** With what those outside the cluster have of it. */
async function done(
  { plan, api, phases, signal }: Context,
  reached: Omit<Switched, "plan" | "route" | "seconds">,
): Promise<Switched> {
  const route = plan.serves ? await readRoute(plan, api, { patient: reached.changed, signal }) : null;
  await phases.succeed();
  return { plan, ...reached, route, seconds: phases.seconds };
}

/** What only a mode before this one declared: the update removes it, or it is kept. */
function leftovers({ leftovers: { removable, kept } }: Survey): Pick<Switched, "removed" | "kept"> {
  return { removed: removable.map(objectTitle), kept: kept.map(objectTitle) };
}

/** Frees the GPU and leaves the stack as it is. @returns the end to tell */
async function freeOnly(
  api: ClusterApi,
  { project, mode, signal }: SwitchOptions,
  phases: Phases,
  why: unknown,
): Promise<unknown> {
  const end = await freeAnyway(api, { project, mode, signal, phases }, why);
  await phases.fail();
  return end;
}
