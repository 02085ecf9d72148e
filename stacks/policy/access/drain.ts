// The node can be emptied whenever its owner wants that.
import type { Manifest } from "../../manifests/index.ts";
import { names } from "../../vocabulary/names.ts";
import { at, type Breach, breach, mustBe, placeOf } from "../base/place.ts";
import { definePolicy } from "../base/policy.ts";
import { serverPods } from "../pod/pods.ts";
import { selects } from "./selects.ts";

export const drainable = definePolicy(
  {
    name: "drainable",
    scope: "stack",
    demands:
      "A PodDisruptionBudget over the server's pod lets it be evicted always, unhealthy or not: `kubectl drain` before a reboot or a game must not wait for a pod that loads or crashes.",
  },
  (manifests) => serverPods(manifests).flatMap(({ labels }) => judge(manifests, labels.value)),
);

function judge(manifests: readonly Manifest[], labels: unknown): Breach[] {
  const budgets = manifests
    .filter(({ kind }) => kind === "PodDisruptionBudget")
    .map(placeOf)
    .filter((budget) => selects(at(budget, "spec", "selector"), labels));
  return budgets.length === 0
    ? [
        breach(
          { object: `PodDisruptionBudget/${names.disruptionBudget}`, field: "", value: undefined },
          "Declare one whose selector matches the server's pod",
        ),
      ]
    : budgets.flatMap((budget) => [
        ...mustBe(at(budget, "spec", "minAvailable"), 0),
        ...mustBe(at(budget, "spec", "unhealthyPodEvictionPolicy"), "AlwaysAllow"),
      ]);
}
