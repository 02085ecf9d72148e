/** What holds while the GPU is free for others: nobody is sent to a server, and the CPU answers. */
import type { ClusterApi } from "../../cluster/api/index.ts";
import { readSnapshot } from "../../cluster/gpu-node/snapshot.ts";
import { readyEndpoints } from "../../cluster/readiness/endpoints.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import { names } from "../../stacks/vocabulary/names.ts";
import { verifyGateway } from "./ask-gateway.ts";
import { judge, type Report, Wrong } from "./base/report.ts";
import { verifyOllama } from "./measures/ollama.ts";

export async function verifyIdle(
  api: ClusterApi,
  plan: Plan,
  signal: AbortSignal,
): Promise<Pick<Report, "checks" | "measurements">> {
  const idle = await judge("idle", signal, async () => {
    const [endpoints, { pods }] = await Promise.all([readyEndpoints(api), readSnapshot(api)]);
    const [pod] = pods;
    if (endpoints > 0 || pod !== undefined) {
      throw new Wrong(
        `Service ${names.service} has ${endpoints} ready endpoints, and pod ${pod?.metadata?.name ?? "none"} is there`,
      );
    }
    return `no pod, and Service ${names.service} leads nowhere`;
  });
  const { check, measurement } = await verifyOllama(api, plan, signal);
  const gateway = await verifyGateway(api, { plan, key: undefined, expected: "cpu", signal });
  return { checks: [idle, check, ...gateway], measurements: [measurement] };
}
