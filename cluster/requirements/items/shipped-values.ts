import type { ShippedKey } from "../../../stacks/settings/shipped.ts";
import { type LabelledNode, shippedFaults } from "../../survey/shipped.ts";
import type { Look } from "./requirement.ts";

/** Whether a setting is this cluster's, and not still what the repository ships. */
export function shippedValue(item: string, wanted: ShippedKey, sandbox: boolean): Look {
  return {
    item,
    // The host is a setting of files alone; the card is compared with the nodes' labels.
    paths: ({ settings }) => (sandbox || wanted === "route.host" ? [] : [pathOf(settings.gpuNode.selector)]),
    byHand: "kubectl get nodes --show-labels",
    judge(plan, read) {
      if (sandbox) {
        return { state: "ok", found: "a sandbox takes it as it is shipped" };
      }
      const nodes =
        wanted === "route.host"
          ? undefined
          : (read<{ items: LabelledNode[] }>(pathOf(plan.settings.gpuNode.selector))?.items ?? []);
      const faults = shippedFaults(plan, nodes).filter(({ key }) => key === wanted);
      const [first] = faults;
      return first === undefined
        ? { state: "ok", found: `${wanted} is set, confirmed, or as the cluster tells` }
        : {
            state: "fault",
            found: faults.map(({ key, found, problem }) => `${key} ${String(found)} ${problem}`).join("; "),
            fix: first.fix,
          };
    },
  };
}

function pathOf(selector: Readonly<Record<string, string>>): string {
  const words = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  return `/api/v1/nodes?labelSelector=${encodeURIComponent(words.join(","))}`;
}
