/**
 * The program that the command resource `served` runs: waits until users have what the mode promises, prints one
 * line about it and exits 0; where that cannot be, prints the reason on standard error and exits 1.
 */

import type { Settings } from "../../stacks/settings/index.ts";
import { resolveConnection } from "../api/connection.ts";
import { openApi } from "../api/index.ts";
import type { ReadinessGoal } from "../readiness/goal.ts";
import { waitUntilServed } from "../readiness/wait.ts";
import { tell } from "./events.ts";
import { runProgram } from "./run.ts";

/** What the resource hands over in `VLLM_PLATFORM_AWAIT`, as JSON. */
export interface Awaited {
  cluster: Settings["cluster"];
  promised: ReadinessGoal;
  /** Is another one where the Deployment was deleted and made again, so that the resource asks again. */
  uid: string;
  /** Changes whenever the Deployment did, for the same reason. */
  generation: number;
  /** The switch that this wait belongs to; absent where nothing is claimed. */
  switchNumber?: number;
}

await runProgram("VLLM_PLATFORM_AWAIT", async (awaited: Awaited) => {
  const api = await openApi(resolveConnection(awaited.cluster, process.env));
  const outcome = await waitUntilServed(api, awaited, (phase, detail) => {
    tell({ kind: "waiting", phase, detail });
    console.error(`${phase}: ${detail}`);
  });
  if (outcome.state === "failed" || outcome.state === "superseded") {
    tell({ kind: "not-served", detail: outcome.detail });
    const missing = awaited.promised.serves ? "not served" : "the GPU is not known to be free";
    console.error(`The mode is declared but ${missing}: ${outcome.detail}`);
    return 1;
  }
  if (outcome.state === "warning") {
    tell({ kind: "declared-only", detail: outcome.detail });
  }
  console.log(outcome.state === "warning" ? `warning: ${outcome.detail}` : outcome.detail);
  return 0;
});
