/** How long a switch may take, by the reference setup's requirements. Measured against, never waited for. */
import type { Plan } from "./index.ts";

export interface SwitchLimit {
  /** What is limited: the whole switch, or the loading of the model alone. */
  of: "switch" | "load";
  /** Less than so many seconds. */
  seconds: number;
  /** The requirement, as a sentence. */
  source: string;
}

/** The limits of a switch to a mode, for a node that is on and has image and model files already. */
export function switchLimits(plan: Plan): SwitchLimit[] {
  if (!plan.serves) {
    return [{ of: "switch", seconds: 30, source: "the GPU is free for games in less than 30 s" }];
  }
  const reasons = plan.server.numbers.reasoningParser !== undefined;
  return [
    { of: "switch", seconds: 120, source: "a mode serves again in less than 2 minutes" },
    ...(reasons
      ? [{ of: "load", seconds: 90, source: "a model that reasons is loaded in less than 90 s" } as const]
      : []),
  ];
}
