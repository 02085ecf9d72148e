import type { Caution } from "../../../stacks/cautions/index.ts";
import type { Finding } from "../../findings/finding.ts";

/** All cautions of an item as its one warning; undefined where there is none. */
export function warningOf(cautions: readonly Caution[]): Omit<Finding, "item"> | undefined {
  return cautions.length === 0
    ? undefined
    : {
        state: "warning",
        found: cautions.map(({ found }) => found).join("; "),
        fix: cautions.map(({ fix }) => fix).join(". "),
      };
}
