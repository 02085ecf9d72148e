/** What a cluster tells of itself that `Pulumi.yaml` has to say. Read only. */
import { names } from "../../stacks/vocabulary/names.ts";
import type { ClusterApi } from "../api/index.ts";
import { type Read, readPaths, Unreadable } from "../requirements/items/requirement.ts";

export interface Taint {
  key: string;
  value?: string;
  effect: string;
}

export interface FoundNode {
  name: string;
  labels: Readonly<Record<string, string>>;
  taints: readonly Taint[];
  /** GPUs that it offers. */
  gpus: number;
}

/** Each is undefined where it may not be read, or the kind does not exist. */
export interface ClusterFacts {
  nodes: FoundNode[] | undefined;
  runtimeClasses: { name: string; handler: string }[] | undefined;
  issuers: { name: string; ready: boolean }[] | undefined;
  /** Whether the cluster knows the kinds of a public route. */
  hasTraefik: boolean;
  hasCertManager: boolean;
  storageClasses: { name: string; isDefault: boolean }[] | undefined;
  /** Host names that the cluster serves already, those of the platform's own route left out. */
  hosts: string[];
  /** Services that look like Ollama: by their name, or by its port. */
  ollamas: { name: string; namespace: string; port: number }[] | undefined;
}

interface Listed<Item> {
  items: (Item & { metadata: Metadata })[];
}
interface Metadata {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

const paths = {
  nodes: "/api/v1/nodes",
  runtimeClasses: "/apis/node.k8s.io/v1/runtimeclasses",
  issuers: "/apis/cert-manager.io/v1/clusterissuers",
  certificates: "/apis/cert-manager.io/v1/certificates",
  routes: "/apis/traefik.io/v1alpha1/ingressroutes",
  ingresses: "/apis/networking.k8s.io/v1/ingresses",
  storageClasses: "/apis/storage.k8s.io/v1/storageclasses",
  services: "/api/v1/services",
  certManager: "/apis/cert-manager.io/v1",
  traefik: "/apis/traefik.io/v1alpha1",
} as const;

/** Port of Ollama unless told otherwise. */
const ollamaPort = 11434;

/**
 * Reads the cluster; what may not be read is not known.
 * @throws UnreachableError where the cluster does not answer.
 */
export async function readClusterFacts(api: ClusterApi): Promise<ClusterFacts> {
  return clusterFacts(await readPaths(api, Object.values(paths)));
}

/** Pure: what the objects say. */
export function clusterFacts(read: Read): ClusterFacts {
  const listOf = <Item, Fact>(path: string, take: (item: Item & { metadata: Metadata }) => Fact) =>
    orUnknown(() => read<Listed<Item>>(path)?.items.map(take));
  return {
    nodes: listOf<NodeObject, FoundNode>(paths.nodes, nodeOf),
    runtimeClasses: listOf<{ handler?: string }, { name: string; handler: string }>(
      paths.runtimeClasses,
      ({ metadata, handler = "" }) => ({ name: metadata.name, handler }),
    ),
    issuers: listOf<WithConditions, { name: string; ready: boolean }>(
      paths.issuers,
      ({ metadata, status }) => ({
        name: metadata.name,
        ready:
          status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ??
          false,
      }),
    ),
    hasTraefik: orUnknown(() => read(paths.traefik)) !== undefined,
    hasCertManager: orUnknown(() => read(paths.certManager)) !== undefined,
    storageClasses: listOf(paths.storageClasses, ({ metadata }) => ({
      name: metadata.name,
      isDefault: metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true",
    })),
    hosts: hostsOf(read),
    ollamas: ollamasOf(read),
  };
}

interface WithConditions {
  status?: { conditions?: { type: string; status: string }[] };
}
interface NodeObject {
  spec?: { taints?: Taint[] };
  status?: { allocatable?: Record<string, string> };
}

function nodeOf({ metadata, spec, status }: NodeObject & { metadata: Metadata }): FoundNode {
  return {
    name: metadata.name,
    labels: metadata.labels ?? {},
    // Those of Kubernetes itself say how the node is just now, or that it is a server of the cluster.
    taints: (spec?.taints ?? []).filter(({ key }) => !/(^|\.)kubernetes\.io\//.test(key)),
    gpus: Number(status?.allocatable?.["nvidia.com/gpu"] ?? 0),
  };
}

function hostsOf(read: Read): string[] {
  const from = <Item>(path: string, own: readonly string[], take: (item: Item) => string[]): string[] =>
    orUnknown(() =>
      read<Listed<Item>>(path)?.items.flatMap((item) =>
        item.metadata.namespace === names.namespace && own.includes(item.metadata.name) ? [] : take(item),
      ),
    ) ?? [];
  const hosts = [
    ...from<{ spec?: { routes?: { match?: string }[] } }>(
      paths.routes,
      [names.httpsRoute, names.redirectRoute],
      ({ spec }) =>
        (spec?.routes ?? []).flatMap(({ match = "" }) =>
          [...match.matchAll(/Host\(`([^`]+)`\)/g)].map(([, host = ""]) => host),
        ),
    ),
    ...from<{ spec?: { rules?: { host?: string }[] } }>(paths.ingresses, [], ({ spec }) =>
      (spec?.rules ?? []).flatMap(({ host }) => host ?? []),
    ),
    ...from<{ spec?: { dnsNames?: string[] } }>(
      paths.certificates,
      [names.certificate],
      ({ spec }) => spec?.dnsNames ?? [],
    ),
  ];
  return [...new Set(hosts.filter((host) => !host.includes("*")))].sort();
}

function ollamasOf(read: Read): ClusterFacts["ollamas"] {
  return orUnknown(() =>
    read<Listed<{ spec?: { ports?: { port: number }[] } }>>(paths.services)?.items.flatMap(
      ({ metadata, spec }) => {
        const ports = (spec?.ports ?? []).map(({ port }) => port);
        const port = ports.includes(ollamaPort)
          ? ollamaPort
          : metadata.name === "ollama"
            ? ports[0]
            : undefined;
        return port === undefined ? [] : [{ name: metadata.name, namespace: metadata.namespace ?? "", port }];
      },
    ),
  );
}

function orUnknown<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Unreadable) {
      return undefined;
    }
    throw error;
  }
}
