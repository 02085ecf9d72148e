/** The ways in from outside that a plan may have: the public route to the server alone, and the gateway. */
import type { Plan } from "../../../stacks/plan/index.ts";

const ways = ["route", "gateway"] as const;

/** Those that a plan has. */
export function waysIn(plan: Plan): ("route" | "gateway")[] {
  return ways.filter((way) => plan[way] !== undefined);
}

/** Whether clients outside the cluster have a way in at all. */
export function hasWayIn(plan: Plan): boolean {
  return waysIn(plan).length > 0;
}

/** What closes those that there are, as settings: `route.enabled: false and gateway.enabled: false`. */
export function toClose(plan: Plan): string {
  return waysIn(plan)
    .map((way) => `${way}.enabled: false`)
    .join(" and ");
}
