import { names } from "../../../stacks/vocabulary/names.ts";
import { deploymentObject, objectPath, volumeClaimObject } from "../../../stacks/vocabulary/objects.ts";
import type { LiveObject } from "../../api/index.ts";
import { fixedFieldFaults } from "../../survey/fixed-fields.ts";
import type { Requirement } from "../items/requirement.ts";

const looked = [deploymentObject, volumeClaimObject];

/** Whether what is there can become what the mode declares. An update is refused for it by the survey, in the same words. */
export const fixedFields: Requirement = {
  item: "fixed fields",
  paths: () => looked.map(objectPath),
  byHand: `kubectl get deployment/${names.deployment} pvc/${names.volumeClaim} -n ${names.namespace} -o yaml`,
  judge(plan, read) {
    const faults = fixedFieldFaults(plan, (object) => read<LiveObject>(objectPath(object)));
    return faults.length === 0
      ? { state: "ok", found: "nothing stands there that cannot become what the mode declares" }
      : {
          state: "fault",
          found: faults
            .map(
              ({ where, key, found, problem }) => `${where}: ${key} is ${JSON.stringify(found)}: ${problem}`,
            )
            .join("; "),
          fix: faults.map(({ fix }) => fix).join("; "),
        };
  },
};
