/**
 * The program that the command resource `tidy` runs, after the objects: removes what only a previous mode, or the files
 * before they were edited, declared. Exits 1 with the reason on standard error where the cluster does not allow it.
 */

import type { Settings } from "../../stacks/settings/index.ts";
import { objectTitle, possibleObjects } from "../../stacks/vocabulary/objects.ts";
import { resolveConnection } from "../api/connection.ts";
import { openApi } from "../api/index.ts";
import { removeAll } from "./removal.ts";
import { runProgram } from "./run.ts";

/** What the resource hands over in `VLLM_PLATFORM_TIDY`, as JSON. */
export interface Tidied {
  version: 1;
  cluster: Settings["cluster"];
  /** `Kind/name` of each object, with the version that was looked at, which makes each request different from the one before. */
  objects: Record<string, string>;
}

await runProgram("VLLM_PLATFORM_TIDY", async ({ cluster, objects }: Tidied) => {
  const wanted = possibleObjects.filter((object) => objectTitle(object) in objects);
  if (wanted.length === 0) {
    return undefined;
  }
  const api = await openApi(resolveConnection(cluster, process.env));
  const stuck = await removeAll(api, wanted, (line) => console.error(line));
  if (stuck.length > 0) {
    throw new Error(`${stuck.join("; ")}. Run the same command again when that is fixed.`);
  }
  return undefined;
});
