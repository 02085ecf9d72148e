/** How long a switch may take, by the home lab's requirements. Measured against, never waited for. */
import type { Plan } from "./index.ts";

export interface SwitchLimit {
  /** What is limited: the whole switch, or the loading of the model alone. */
  of: "switch" | "load";
  /** Less than so many seconds. */
  seconds: number;
  /** The requirement, by the home lab's own name. */
  source: string;
}

/** The limits of a switch to a mode, for a node that is on and has image and model files already. */
export function switchLimits(plan: Plan): SwitchLimit[] {
  if (!plan.serves) {
    return [{ of: "switch", seconds: 30, source: "NFR51" }];
  }
  const reasons = plan.server.numbers.reasoningParser !== undefined;
  return [
    { of: "switch", seconds: 120, source: "NFR52" },
    ...(reasons ? [{ of: "load", seconds: 90, source: "NFR81" } as const] : []),
  ];
}
