/**
 * The program that the command resource `served` runs: waits until users have what the mode promises, prints one
 * line about it and exits 0; where that cannot be, prints the reason on standard error and exits 1.
 */
import { RefusedError } from "../stacks/errors.ts";
import type { Settings } from "../stacks/settings.ts";
import { openApi } from "./api.ts";
import { resolveConnection } from "./connection.ts";
import type { Promised } from "./promised.ts";
import { waitUntilServed } from "./served.ts";

/** What the resource hands over in `VLLM_PLATFORM_AWAIT`, as JSON. */
export interface Awaited {
  cluster: Settings["cluster"];
  promised: Promised;
  /** Changes whenever the Deployment did, so that the resource asks again. */
  generation: number;
  /** The switch that this wait belongs to; absent where nothing is claimed. */
  switchNumber?: number;
}

async function main(): Promise<number> {
  const awaited = JSON.parse(process.env.VLLM_PLATFORM_AWAIT ?? "{}") as Awaited;
  const api = await openApi(resolveConnection(awaited.cluster, process.env));
  const outcome = await waitUntilServed(api, awaited, (line) => console.error(line));
  if (outcome.state === "failed" || outcome.state === "superseded") {
    console.error(`The mode is declared but not served: ${outcome.detail}`);
    return 1;
  }
  console.log(outcome.state === "warning" ? `warning: ${outcome.detail}` : outcome.detail);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const known = error instanceof RefusedError || error instanceof Error;
  console.error(known ? error.message : String(error));
  process.exitCode = 1;
}
