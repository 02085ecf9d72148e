/**
 * The program that the command resource `adoption` runs, after the claim and before the objects: takes over what others
 * still own, and puts right what they changed. Exits 1 with the reason on standard error where the cluster does not allow it.
 */

import type { Settings } from "../../stacks/settings/index.ts";
import { deploymentObject, objectPath, objectTitle } from "../../stacks/vocabulary/objects.ts";
import { resolveConnection } from "../api/connection.ts";
import { openApi } from "../api/index.ts";
import { type Adopted, adopt } from "../survey/adoption.ts";
import { runProgram } from "./run.ts";

/** What the resource hands over in `VLLM_PLATFORM_ADOPTION`, as JSON. */
export interface Adoption {
  version: 1;
  cluster: Settings["cluster"];
  objects: Adopted[];
}

/** What the program prints on standard output where it has taken over the server's Deployment, as JSON. */
export interface SeenDeployment {
  uid: string;
  generation: number;
}

await runProgram("VLLM_PLATFORM_ADOPTION", async ({ cluster, objects }: Adoption) => {
  if (objects.length === 0) {
    return undefined;
  }
  const api = await openApi(resolveConnection(cluster, process.env));
  const done = await Promise.all(objects.map((object) => adopt(api, object)));
  for (const taken of done.filter((one) => one !== undefined)) {
    const managers = taken.managers.length === 0 ? "" : ` and taken over from ${taken.managers.join(", ")}`;
    console.error(`${objectTitle(taken.object)} put right${managers}`);
    if (objectPath(taken.object) === objectPath(deploymentObject)) {
      const { uid, generation } = taken.live.metadata;
      console.log(JSON.stringify({ uid, generation }));
    }
  }
  return undefined;
});
