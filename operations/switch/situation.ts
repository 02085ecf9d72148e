/** What a switch works with, and what it has found: nothing in either ever changes. */
import type { ClusterApi } from "../../cluster/api/index.ts";
import type { Finding } from "../../cluster/findings/finding.ts";
import type { Outcome } from "../../cluster/readiness/wait.ts";
import type { Survey } from "../../cluster/survey/index.ts";
import type { Engine } from "../../engine/index.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import type { Project } from "../project.ts";
import type { Phases } from "./phases.ts";

/** What a switch works with. */
export interface Context {
  readonly project: Project;
  readonly plan: Plan;
  readonly api: ClusterApi;
  readonly engine: Engine;
  readonly phases: Phases;
  /** Declare a serving mode although it cannot work now. */
  readonly force: boolean;
  /** Ctrl-C, or the loss of the Lease. */
  readonly signal: AbortSignal;
}

/** What was found before anything was changed. */
export interface Situation {
  readonly survey: Survey;
  /** Whether the mode is the active one, with nothing left half done. */
  readonly whole: boolean;
  /** What the cluster lacks and stops this update. */
  readonly unmet: readonly Finding[];
}

/** What the mode promises was reached, or will be when the node is back. */
export interface Reached {
  readonly outcome: Outcome;
  /** Seconds since the beginning. */
  readonly reachedAfter: number;
}
