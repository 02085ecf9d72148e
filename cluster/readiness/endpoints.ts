/** Whether the Service sends requests anywhere: what every client inside the cluster goes by. */
import type { V1EndpointSlice } from "@kubernetes/client-node";
import { names } from "../../stacks/vocabulary/names.ts";
import type { ClusterApi } from "../api/index.ts";
import { list } from "../gpu-node/snapshot.ts";
import { allowed } from "../server/rights.ts";

const slicesPath = `/apis/discovery.k8s.io/v1/namespaces/${names.namespace}/endpointslices`;

/** How many endpoints of the server's Service are ready. @throws MissingRight */
export async function readyEndpoints(api: ClusterApi): Promise<number> {
  const slices = await allowed(
    list<V1EndpointSlice>(api, slicesPath, { "kubernetes.io/service-name": names.service }),
    `list EndpointSlices in ${names.namespace}`,
    "`list` on endpointslices.discovery.k8s.io",
  );
  // Unset, an endpoint is ready (Kubernetes, EndpointConditions).
  return slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false).length;
}
