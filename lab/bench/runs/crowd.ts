/** A cluster as large as one at work: nodes and pods of others, made through the API server as fast as it takes them. */
import { type ClusterApi, openApi } from "../../../cluster/api/index.ts";
import { contextName } from "../../sandbox/base/cluster-config.ts";
import { sandboxPaths } from "../../sandbox/base/paths.ts";

export interface Crowd {
  readonly nodes: number;
  /** Spread evenly over nodes and namespaces. */
  readonly pods: number;
  readonly namespaces: number;
}

const atOnce = 16;

/**
 * Nobody simulates them: the nodes are known as unreachable, so that no part of the cluster has to find that out, and the pods are bound
 * to them and bear with it.
 */
export async function addCrowd(dir: string, { nodes, pods, namespaces }: Crowd): Promise<void> {
  const { kubeconfig } = sandboxPaths(dir);
  const api = await openApi({ kubeconfig, context: contextName, identifier: contextName });
  await each(namespaces, (index) => api.create("/api/v1/namespaces", { metadata: { name: spaceOf(index) } }));
  await each(nodes, (index) => api.create("/api/v1/nodes", node(index)));
  // The API server wants each namespace's account first, which the controllers make.
  await each(namespaces, (index) => account(api, spaceOf(index)));
  await each(pods, (index) => {
    const namespace = spaceOf(index % namespaces);
    return api.create(`/api/v1/namespaces/${namespace}/pods`, pod(index, nodeOf(index % nodes)));
  });
}

const spaceOf = (index: number): string => `team-${index}`;
const nodeOf = (index: number): string => `worker-${index}`;

async function each(times: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < times) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function account(api: ClusterApi, namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  while ((await api.get(path)) === undefined) await new Promise((wake) => setTimeout(wake, 50));
}

/** With what a kubelet reports of itself; most of a node's size are the images that it has. */
function node(index: number): object {
  const name = nodeOf(index);
  const since = new Date().toISOString();
  const size = { cpu: "16", memory: "64Gi", pods: "110", "ephemeral-storage": "200Gi" };
  const unreachable = (effect: string) => ({
    key: "node.kubernetes.io/unreachable",
    effect,
    timeAdded: since,
  });
  return {
    metadata: {
      name,
      labels: { "kubernetes.io/hostname": name, "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux" },
    },
    spec: { taints: [unreachable("NoSchedule"), unreachable("NoExecute")] },
    status: {
      capacity: size,
      allocatable: size,
      addresses: [{ type: "Hostname", address: name }],
      conditions: ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"].map((type) => ({
        ...{
          type,
          status: "Unknown",
          reason: "NodeStatusUnknown",
          message: "Kubelet stopped posting node status.",
        },
        ...{ lastHeartbeatTime: since, lastTransitionTime: since },
      })),
      images: Array.from({ length: 50 }, (_, image) => ({
        names: [
          `registry.example.org/team/service-${image}@sha256:${String(image).padStart(64, "0")}`,
          `registry.example.org/team/service-${image}:v1`,
        ],
        sizeBytes: 100_000_000,
      })),
    },
  };
}

function pod(index: number, nodeName: string): object {
  return {
    metadata: { name: `service-${index}`, labels: { app: `service-${index % 100}` } },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 0,
      tolerations: [{ operator: "Exists" }],
      containers: [
        {
          name: "service",
          image: "registry.example.org/team/service-1:v1",
          env: Array.from({ length: 20 }, (_, one) => ({
            name: `SETTING_${one}`,
            value: "some value of it",
          })),
          resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
        },
      ],
    },
  };
}
