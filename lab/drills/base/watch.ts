/** How many containers have the card at once, as containerd knows it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { World } from "../world/index.ts";
import { servers } from "./common.ts";
import type { Finding } from "./drill.ts";

interface Watch {
  end(): void;
  readonly seen: Promise<{ most: number; looks: number }>;
}

/** Counts the containers with the card, from their creation until containerd has let go of them. */
export function watchRuntime(world: World): Watch {
  const abort = new AbortController();
  const seen = (async () => {
    let [most, looks] = [0, 0];
    while (!abort.signal.aborted) {
      most = Math.max(most, (await servers(world)).length);
      looks += 1;
      await sleep(50);
    }
    return { most, looks };
  })();
  return { end: () => abort.abort(), seen };
}

export const heldByOne = (most: number): Finding => ({
  promise: "the GPU is held by one container at a time",
  value: most,
  unit: "containers",
  atMost: 1,
});
