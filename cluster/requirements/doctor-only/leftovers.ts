import {
  claimObject,
  deploymentObject,
  gatewayObjects,
  objectPath,
  objectTitle,
  ollamaObjects,
  type PlatformObject,
  routeObjects,
} from "../../../stacks/vocabulary/objects.ts";
import type { LiveObject } from "../../api/index.ts";
import { holderOf } from "../../claim/index.ts";
import { leftoversOf } from "../../survey/leftovers.ts";
import type { Requirement } from "../items/requirement.ts";

const looked = [claimObject, deploymentObject, ...routeObjects, ...gatewayObjects, ...ollamaObjects];

/** A way in, or an Ollama, that the active mode does not declare: its files were edited, or a switch was cut short. */
export const leftovers: Requirement = {
  item: "leftovers",
  paths: () => looked.map(objectPath),
  byHand:
    "kubectl get ingressroutes,middlewares,certificates,traefikservices,serverstransports,services,deployments,networkpolicies,cronjobs -n ml",
  judge(plan, read) {
    const liveOf = (object: PlatformObject) =>
      looked.includes(object) ? read<LiveObject>(objectPath(object)) : undefined;
    const holder = holderOf(liveOf(claimObject), liveOf(deploymentObject));
    // Another mode's objects are that mode's, as long as it is the active one.
    const { removable } = holder.mode === plan.mode ? leftoversOf(plan, liveOf) : { removable: [] };
    return removable.length === 0
      ? { state: "ok", found: "none" }
      : {
          state: "warning",
          found: `${removable.map(objectTitle).join(", ")}: still there, though mode ${plan.mode} does not declare it`,
          fix: `Run \`gpu-mode ${plan.mode}\`, which removes what it does not declare`,
        };
  },
};
