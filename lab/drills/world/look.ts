/** What the cluster says of the server: its pods, and whether the Service has somebody. */
import { setTimeout as sleep } from "node:timers/promises";
import { type ClusterApi, UnreachableError } from "../../../cluster/api/index.ts";
import { names } from "../../../stacks/vocabulary/names.ts";

export interface ServerPod {
  readonly name: string;
  readonly ready: boolean;
  readonly restarts: number;
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
      readonly containerStatuses?: readonly { readonly restartCount: number }[];
    };
  }[];
}

interface SliceList {
  readonly items: readonly {
    readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean } }[] | null;
  }[];
}

/** Milliseconds for which a look is taken again that the API server does not answer: what is measured is not its haste on a busy machine. */
const patienceMs = 10_000;

export function patient(api: ClusterApi): ClusterApi {
  return {
    ...api,
    async get(path) {
      const until = performance.now() + patienceMs;
      for (;;) {
        try {
          return await api.get(path);
        } catch (error) {
          if (!(error instanceof UnreachableError) || performance.now() > until) throw error;
          await sleep(200);
        }
      }
    },
  };
}

/** All of them, those that are ending too. */
export async function serverPods(api: ClusterApi, namespace: string = names.namespace): Promise<ServerPod[]> {
  const pods = `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Dvllm-server`;
  const list = await api.get<PodList>(pods);
  return (list?.items ?? []).map(({ metadata, status }) => ({
    name: metadata.name,
    ready: status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true,
    restarts: status.containerStatuses?.[0]?.restartCount ?? 0,
  }));
}

/** Whether the Service has somebody to answer. */
export async function hasEndpoint(api: ClusterApi): Promise<boolean> {
  const slices = "/apis/discovery.k8s.io/v1/namespaces/ml/endpointslices";
  const list = await api.get<SliceList>(`${slices}?labelSelector=kubernetes.io%2Fservice-name%3Dvllm-api`);
  return (list?.items ?? []).some(({ endpoints }) =>
    (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false),
  );
}
