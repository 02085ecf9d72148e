/**
 * The program that the command resource `guard` runs when its stack is destroyed, before anything else. Exits 1 with the
 * reason on standard error where the stack must not be destroyed; the state then stays as it is, too.
 */

import { judgeDestroy, underWay, unjudged } from "../claim/guard.ts";
import { readHolder } from "../claim/read.ts";
import { otherAtWork } from "../lease/hold.ts";
import { openGuarded, readGuarded } from "./guarded.ts";

async function main(): Promise<number> {
  const guarded = readGuarded(process.env);
  const { stack, state } = guarded;
  try {
    const api = await openGuarded(guarded);
    const verdict = judgeDestroy({ stack, state }, await readHolder(api));
    // Only looked at: the removal takes it.
    const other = verdict.allowed ? await otherAtWork(api) : undefined;
    if (!verdict.allowed || other !== undefined) {
      console.error(other === undefined ? verdict.text : underWay(stack, other));
      return 1;
    }
    return 0;
  } catch (error) {
    console.error(unjudged(stack, error instanceof Error ? error.message : String(error)));
    return 1;
  }
}

process.exitCode = await main();
