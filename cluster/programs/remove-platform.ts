/**
 * The program that the command resource `removal` runs when its stack is destroyed, after everything else. The engine itself
 * deletes no object of the cluster: all stacks declare the same ones, so what one remembers may long be another's. Exits 1
 * with the reason on standard error where the stack does not have the GPU, or something does not go; the same destroy then
 * goes on from there.
 */
import { judgeDestroy, unfinished, unjudged } from "../claim/guard.ts";
import { readHolder } from "../claim/read.ts";
import { holdLease } from "../lease/hold.ts";
import { openGuarded, readGuarded } from "./guarded.ts";
import { removePlatform } from "./removal.ts";

async function main(): Promise<number> {
  const guarded = readGuarded(process.env);
  const { stack, state } = guarded;
  try {
    const api = await openGuarded(guarded);
    const say = (line: string): void => console.error(line);
    const stop = (text: string): void => {
      say(`${text}. This destroy stops here; run it again.`);
      process.exit(1);
    };
    const held = await holdLease(api, {
      command: `pulumi destroy -s ${stack}`,
      waiting: say,
      lost: stop,
      interrupted: (by) => stop(`Interrupted by ${by}`),
    });
    try {
      const verdict = judgeDestroy({ stack, state }, await readHolder(api));
      if (!verdict.allowed) {
        console.error(verdict.text);
        return 1;
      }
      const stuck = await removePlatform(api, say);
      if (stuck.length > 0) {
        console.error(unfinished(stack, stuck));
        return 1;
      }
      console.log(verdict.text);
      return 0;
    } finally {
      await held.release();
    }
  } catch (error) {
    console.error(unjudged(stack, error instanceof Error ? error.message : String(error)));
    return 1;
  }
}

process.exitCode = await main();
