/** Looking at something all the time, beside what is done meanwhile. */
import { setTimeout as sleep } from "node:timers/promises";
import type { World } from "../world/index.ts";
import { servers } from "./common.ts";
import type { Finding } from "./drill.ts";

/**
 * Looks again and again for as long as the work takes, and ends with it.
 * @param everyMs milliseconds between two looks
 * @throws what the work rejects with, or else a look
 */
export async function whileWatched<T>(
  everyMs: number,
  look: () => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  let over = false;
  const watching = (async () => {
    while (!over) {
      await look();
      await sleep(everyMs);
    }
  })();
  watching.catch(() => {}); // told once the work has ended
  const done = await work().finally(() => {
    over = true;
  });
  await watching;
  return done;
}

/** Counts the containers with the card meanwhile, from their creation until containerd has let go of them. */
export async function whileHolding<T>(
  world: World,
  work: () => Promise<T>,
): Promise<{ done: T; most: number; looks: number }> {
  let [most, looks] = [0, 0];
  const look = async (): Promise<void> => {
    most = Math.max(most, (await servers(world)).length);
    looks += 1;
  };
  return { done: await whileWatched(50, look, work), most, looks };
}

export const heldByOne = (most: number): Finding => ({
  promise: "the GPU is held by one container at a time",
  value: most,
  unit: "containers",
  atMost: 1,
});
