/**
 * The program that the command resource `guard` runs when its stack is destroyed, before any object is deleted. Exits 1 with
 * the reason on standard error where the stack must not be destroyed; pulumi then deletes nothing.
 */
import type { Settings } from "../stacks/settings.ts";
import { openApi } from "./api.ts";
import { holderOf } from "./claim.ts";
import { resolveConnection } from "./connection.ts";
import { judgeDestroy, underWay, unjudged } from "./guard.ts";
import { leaseVariable, whoIsAtWork } from "./lease.ts";
import { readLive } from "./live.ts";
import { hasEnded } from "./own-process.ts";
import { systemClocks } from "./update-lease.ts";

/** What the resource hands over in `VLLM_PLATFORM_GUARD`, as JSON. */
export interface Guarded {
  stack: string;
  cluster: Settings["cluster"];
}

async function main(): Promise<number> {
  const { stack, cluster } = JSON.parse(process.env.VLLM_PLATFORM_GUARD ?? "{}") as Guarded;
  try {
    const api = await openApi(resolveConnection(cluster, process.env));
    const live = await readLive(api, []);
    const verdict = judgeDestroy(stack, holderOf(live.claim, live.deployment));
    // Destroying runs no program of ours that could hold the Lease, so it is only looked at.
    const other = verdict.allowed
      ? await whoIsAtWork(api, { clocks: systemClocks, hasEnded, self: process.env[leaseVariable] })
      : undefined;
    if (!verdict.allowed || other !== undefined) {
      console.error(other === undefined ? verdict.text : underWay(stack, other));
      return 1;
    }
    console.log(verdict.text);
    return 0;
  } catch (error) {
    console.error(unjudged(stack, error instanceof Error ? error.message : String(error)));
    return 1;
  }
}

process.exitCode = await main();
