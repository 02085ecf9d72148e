// What a pod may take of its node's memory and disk has an end.
import { at, breach, itemsAt } from "../base/place.ts";
import { definePolicy } from "../base/policy.ts";
import { allContainers, podsOf } from "./pods.ts";

export const memoryLimit = definePolicy(
  {
    name: "memory-limit",
    scope: "object",
    demands:
      "Each container has a memory limit and each `emptyDir` a size limit: a leak then ends its own container, not whatever else the node runs.",
  },
  (manifests) =>
    podsOf(manifests).flatMap((pod) => [
      ...allContainers(pod)
        .map((container) => at(container, "resources", "limits", "memory"))
        .filter(({ value }) => value === undefined)
        .map((limit) => breach(limit, "Give it a limit, such as 16Gi")),
      ...itemsAt(pod.spec, "volumes")
        .map((volume) => at(volume, "emptyDir"))
        .filter(({ value }) => value !== undefined)
        .map((folder) => at(folder, "sizeLimit"))
        .filter(({ value }) => value === undefined)
        .map((limit) => breach(limit, "Give it a limit, such as 1Gi")),
    ]),
);
