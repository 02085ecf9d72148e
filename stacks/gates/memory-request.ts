/** The memory gate's question. */
import type { Card } from "../catalogue/cards.ts";
import type { Model } from "../catalogue/models.ts";
import type { Version } from "../vocabulary/version.ts";
import type { OverheadOverrides } from "./overheads.ts";

/** What is to run, and where. */
export interface MemoryRequest {
  model: Model;
  /** Version of the engine. */
  version: Version;
  card: Card;
  /** Branch of its driver, which decides what that reserves. @default an older one */
  driverBranch?: number;
  /** Longest context, prompt and answer together, in tokens. */
  context: number;
  /** Requests worked on at once. */
  maxNumSeqs: number;
  /** Share of the card that the server may take, 0 to 1. */
  gpuMemoryUtilization: number;
  /** Whether CUDA graphs are turned off. */
  enforceEager: boolean;
  /** Bytes of one number in the KV cache. @default 2 */
  keyValueBytes?: number;
  overheads?: OverheadOverrides;
}
