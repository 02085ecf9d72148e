import { names } from "../../../stacks/vocabulary/names.ts";
import type { Requirement } from "./requirement.ts";

interface Namespace {
  metadata: { deletionTimestamp?: string };
  status?: { phase?: string };
}

const path = `/api/v1/namespaces/${names.namespace}`;

/** Whether anything can be made in the platform's namespace: in one that is being deleted, nothing can. */
export const namespace: Requirement = {
  item: "namespace",
  paths: () => [path],
  byHand: `kubectl get namespace ${names.namespace}`,
  judge(_plan, read) {
    const found = read<Namespace>(path);
    if (found === undefined) {
      return { state: "ok", found: `${names.namespace} is not there yet, and is made by the first update` };
    }
    return found.metadata.deletionTimestamp !== undefined || found.status?.phase === "Terminating"
      ? {
          state: "fault",
          found: `namespace ${names.namespace} is being deleted, so nothing can be made in it`,
          fix: `Wait for its end: \`kubectl wait --for=delete namespace/${names.namespace}\`; what holds that up is told by \`kubectl describe namespace ${names.namespace}\``,
        }
      : { state: "ok", found: names.namespace };
  },
};
