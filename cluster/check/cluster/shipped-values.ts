import { type LabelledNode, shippedFaults } from "../../shipped.ts";
import type { Look } from "./look.ts";

/** Whether host and card are this cluster's, and not still what the repository ships. */
export function shippedValues(sandbox: boolean): Look {
  return {
    item: "shipped values",
    paths: ({ settings }) => (sandbox ? [] : [pathOf(settings.gpuNode.selector)]),
    byHand: "kubectl get nodes --show-labels",
    judge(plan, read) {
      if (sandbox) {
        return { state: "ok", seen: "the sandbox takes host and card as the repository ships them" };
      }
      const nodes = read<{ items: LabelledNode[] }>(pathOf(plan.settings.gpuNode.selector))?.items ?? [];
      const faults = shippedFaults(plan, nodes);
      return faults.length === 0
        ? { state: "ok", seen: "host and card are set, confirmed, or what the node's labels say" }
        : {
            state: "fault",
            seen: faults.map(({ key, seen, problem }) => `${key} ${String(seen)} ${problem}`).join("; "),
            mend: `Run \`gpu-mode init\`; what really is yours is confirmed by \`vllm-platform:confirmed: {value: [${faults.map(({ key }) => key).join(", ")}]}\``,
          };
    },
  };
}

function pathOf(selector: Readonly<Record<string, string>>): string {
  const words = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  return `/api/v1/nodes?labelSelector=${encodeURIComponent(words.join(","))}`;
}
