import { exposureCautions } from "../../../stacks/cautions/index.ts";
import type { Requirement } from "../items/requirement.ts";
import { warningOf } from "./warning.ts";

/** Whether route and gateway let in more than their fences are for. */
export const openness: Requirement = {
  item: "openness",
  concerns: ({ serves, route, gateway }) => serves && (route ?? gateway) !== undefined,
  paths: () => [],
  byHand: "docs/configuration.md#route",
  judge({ settings, route }) {
    return (
      warningOf(exposureCautions(settings)) ?? {
        state: "ok",
        found: `${route?.allowedRanges.length} address ranges; paths ${[...settings.route.pathPrefixes, ...settings.route.paths].join(", ")}`,
      }
    );
  },
};
