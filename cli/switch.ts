/** `gpu-mode <mode>`: what happens in which order. */
import type { Route } from "../cluster/route.ts";
import type { Outcome } from "../cluster/served.ts";
import type { Plan } from "../stacks/plan.ts";
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
 * Switches to a mode, or brings the active one in line with its files.
 * @throws Ended where that was refused or did not succeed.
 */
export async function switchTo(options: SwitchOptions): Promise<Switched> {
  const plan = options.project.planOf(options.mode);
  const phases = new Phases(await options.view(plan.serves ? servingPhases(plan) : freeingPhases));
  const { api, connection } = await openCluster(plan);
  const step = new Steps(options, plan, phases, api, connection);
  try {
    const done = await inOrder(step, plan, options);
    const route = await step.route({ patient: done.changed });
    await phases.succeed();
    return { ...done, route, seconds: phases.seconds };
  } catch (error) {
    await phases.fail();
    throw await step.explained(error);
  } finally {
    await step.release();
  }
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
