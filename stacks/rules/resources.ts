// Requests must fit their limits, and a server gets one card.

import type { Settings } from "../settings/index.ts";
import { storageRequest } from "../settings/server.ts";
import { quantityValue } from "../vocabulary/measures.ts";
import type { Rule } from "./rule.ts";

type Key = Exclude<keyof Settings["resources"], "gpus" | "ephemeralStorage">;

export const resourceRules: readonly Rule[] = [
  within("cpuRequest", "cpuLimit"),
  within("memoryRequest", "memoryLimit"),
  within("sharedMemory", "memoryLimit"),
  {
    reads: ["resources.ephemeralStorage"],
    findings: ({ resources: { ephemeralStorage } }) =>
      quantityValue(ephemeralStorage) < quantityValue(storageRequest)
        ? [
            {
              path: ["resources", "ephemeralStorage"],
              found: ephemeralStorage,
              problem: `is below ${storageRequest}, which a start takes`,
              fix: `Raise it to ${storageRequest} or more`,
            },
          ]
        : [],
  },
  {
    reads: ["resources.gpus"],
    findings: ({ resources: { gpus } }) =>
      gpus > 1
        ? [
            {
              path: ["resources", "gpus"],
              found: gpus,
              problem: "a server can use one card; it would hold the others and leave them idle",
              fix: "Set it to 1; `replicas` gives each of several servers a card of its own",
            },
          ]
        : [],
  },
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
