/** `gpu-mode <mode>`: what happens in which order. */
import type { ClusterApi } from "../cluster/api.ts";
import type { Route } from "../cluster/route.ts";
import type { Outcome } from "../cluster/served.ts";
import { RefusedError } from "../stacks/errors.ts";
import type { Plan } from "../stacks/plan.ts";
import { anywayPhases, freeAnyway, openClusterAnyway } from "./free-anyway.ts";
import { Phases, type PhaseView, type SwitchPhase } from "./phases.ts";
import { openCluster, type Project } from "./project.ts";
import { Steps } from "./steps.ts";

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
  const { project, mode } = options;
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
  const { api, connection } = await openCluster(plan);
  const step = new Steps(options, plan, phases, api, connection);
  try {
    const done = await inOrder(step, plan, options);
    const route = await step.route({ patient: done.changed });
    await phases.succeed();
    return { ...done, route, seconds: phases.seconds };
  } catch (error) {
    if (error instanceof RefusedError && !plan.serves) {
      await step.release();
      throw await freeOnly(api, options, phases, error);
    }
    await phases.fail();
    throw await step.explained(error);
  } finally {
    await step.release();
  }
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

/** The order of a switch. */
async function inOrder(
  step: Steps,
  plan: Plan,
  { force }: SwitchOptions,
): Promise<Omit<Switched, "seconds" | "route">> {
  const { whole } = await step.look();
  const outcome = whole ? await step.compare() : undefined;
  if (outcome !== undefined) {
    return {
      plan,
      from: step.from,
      changed: false,
      outcome,
      reachedAfter: step.elapsed,
      removed: [],
      kept: step.leftovers.kept,
    };
  }
  if (plan.serves && !force) {
    await step.requireCluster();
  }
  await step.takeLease();
  const reached = plan.serves ? await step.serve() : await step.free();
  return { plan, from: step.from, changed: true, ...reached, ...step.leftovers };
}
