// Requests must fit their limits.

import type { Settings } from "../settings/index.ts";
import { quantityValue } from "../vocabulary/measures.ts";
import type { Rule } from "./rule.ts";

type Key = Exclude<keyof Settings["resources"], "gpus">;

export const resourceRules: readonly Rule[] = [
  within("cpuRequest", "cpuLimit"),
  within("memoryRequest", "memoryLimit"),
  within("sharedMemory", "memoryLimit"),
];

function within(smaller: Key, larger: Key): Rule {
  return {
    reads: [`resources.${smaller}`, `resources.${larger}`],
    findings: ({ resources }) =>
      quantityValue(resources[smaller]) > quantityValue(resources[larger])
        ? [
            {
              path: ["resources", smaller],
              found: resources[smaller],
              problem: `is above resources.${larger}, which is ${resources[larger]}`,
              fix: `Lower it to ${resources[larger]} or less, or raise ${larger}`,
            },
          ]
        : [],
  };
}
