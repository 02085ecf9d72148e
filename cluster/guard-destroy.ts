/**
 * The program that the command resource `guard` runs when its stack is destroyed, before any object is deleted. Exits 1 with
 * the reason on standard error where the stack must not be destroyed; pulumi then deletes nothing.
 */
import type { Settings } from "../stacks/settings.ts";
import { openApi } from "./api.ts";
import { holderOf } from "./claim.ts";
import { resolveConnection } from "./connection.ts";
import { judgeDestroy, unjudged } from "./guard.ts";
import { readLive } from "./live.ts";

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
    (verdict.allowed ? console.log : console.error)(verdict.text);
    return verdict.allowed ? 0 : 1;
  } catch (error) {
    console.error(unjudged(stack, error instanceof Error ? error.message : String(error)));
    return 1;
  }
}

process.exitCode = await main();
