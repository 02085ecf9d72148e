import { exposureCautions } from "../../../stacks/cautions/index.ts";
import type { Requirement } from "../items/requirement.ts";
import { warningOf } from "./warning.ts";

/** Whether the route lets in more than its fences are for. */
export const openness: Requirement = {
  item: "openness",
  concerns: ({ serves, route }) => serves && route !== undefined,
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
