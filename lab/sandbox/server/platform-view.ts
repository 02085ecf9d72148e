import type { V1Deployment, V1EndpointSlice, V1Pod } from "@kubernetes/client-node";
import type { Access } from "../../../cluster/api/kubeconfig.ts";
import { platformNames } from "../base/platform-names.ts";
import { readServerArguments } from "../stub/interface/arguments.ts";
import type { Served } from "../stub/interface/served.ts";
import { unknownVersion } from "../stub/interface/versions.ts";
import { followList, type Named } from "./followed-list.ts";

/** What the cluster holds of the server at one moment. */
export interface PlatformView {
  readonly deployment: V1Deployment | undefined;
  readonly pods: readonly V1Pod[];
  readonly endpoints: readonly V1EndpointSlice[];
  /** What the public route lets in, in Traefik's words; undefined where there is none. */
  readonly rule: string | undefined;
}

interface IngressRoute {
  readonly metadata?: { readonly name?: string; readonly uid?: string };
  readonly spec?: { readonly routes?: readonly { readonly match?: string }[] };
}

/** The ready pod behind the Service, as the endpoints controller sees it. */
export function readyPod(view: PlatformView): V1Pod | undefined {
  const names = view.endpoints
    .flatMap((slice) => slice.endpoints ?? [])
    .filter((endpoint) => endpoint.conditions?.ready !== false)
    .map((endpoint) => endpoint.targetRef?.name);
  return view.pods.find((pod) => names.includes(pod.metadata?.name) && isReady(pod));
}

/** Why there is no ready pod, in one sentence. */
export function whyNoServer(view: PlatformView): string {
  const { deployment } = view;
  if (deployment === undefined) {
    return `no server is running: Deployment ${platformNames.deployment} does not exist in namespace ${platformNames.namespace}`;
  }
  const mode = deployment.metadata?.labels?.["gpu-mode"];
  const inMode = mode === undefined ? "" : ` (mode ${mode})`;
  if ((deployment.spec?.replicas ?? 1) === 0) {
    return `no server is running: Deployment ${platformNames.deployment} has 0 replicas${inMode}`;
  }
  const pod = view.pods.find((one) => one.metadata?.deletionTimestamp === undefined) ?? view.pods[0];
  if (pod === undefined) {
    return `no server is running: Deployment ${platformNames.deployment} has no pod yet${inMode}`;
  }
  return `no server is ready: pod ${pod.metadata?.name} ${stateOf(pod)}${inMode}`;
}

function stateOf(pod: V1Pod): string {
  if (pod.metadata?.deletionTimestamp !== undefined) return "is ending";
  const container = pod.status?.containerStatuses?.[0];
  const waiting = container?.state?.waiting?.reason;
  if (waiting !== undefined) return `waits: ${waiting}`;
  const ended = container?.state?.terminated?.reason;
  if (ended !== undefined) return `has ended: ${ended}`;
  return container?.state?.running === undefined ? "is not scheduled" : "is loading";
}

function isReady(pod: V1Pod): boolean {
  return (pod.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
}

/** What a server in this pod would serve; `readSecret` resolves an API key that is kept in a Secret. */
export async function servedBy(
  pod: V1Pod,
  readSecret: (name: string, key: string) => Promise<string | undefined>,
): Promise<Served | undefined> {
  const container = pod.spec?.containers[0];
  if (container === undefined) return undefined;
  const args = readServerArguments([...(container.command ?? []), ...(container.args ?? [])]);
  const env = container.env?.find(({ name }) => name === "VLLM_API_KEY");
  const secret = env?.valueFrom?.secretKeyRef;
  const fromSecret = secret?.name === undefined ? undefined : await readSecret(secret.name, secret.key);
  const startedAt = pod.status?.containerStatuses?.[0]?.state?.running?.startedAt;
  return {
    ...args,
    // An empty variable means no key, as for vLLM.
    apiKey: args.apiKey ?? (env?.value || fromSecret || undefined),
    created: Math.floor(new Date(startedAt ?? 0).getTime() / 1000),
    version: /^[^@]*:v?(\d[\w.]*)(@|$)/.exec(container.image ?? "")?.[1] ?? unknownVersion,
  };
}

/** Follows the server's objects, and gives what they are at each moment; `changed` is called after every later change. */
export async function watchPlatform(access: Access, changed: () => void): Promise<() => PlatformView> {
  const { namespace, service, deployment } = platformNames;
  let started = false;
  const follow = <T extends Named>(group: string, resource: string, query = {}) =>
    followList<T>(access, `/${group}/namespaces/${namespace}/${resource}`, query, () => {
      if (started) changed();
    });
  const ofService = { labelSelector: `kubernetes.io/service-name=${service}` };
  const [pods, deployments, slices, routes] = await Promise.all([
    follow<V1Pod>("api/v1", "pods"),
    follow<V1Deployment>("apis/apps/v1", "deployments"),
    follow<V1EndpointSlice>("apis/discovery.k8s.io/v1", "endpointslices", ofService),
    follow<IngressRoute>("apis/traefik.io/v1alpha1", "ingressroutes"),
  ]);
  started = true;
  return () => {
    const server = deployments().find((one) => one.metadata?.name === deployment);
    const labels = Object.entries(server?.spec?.selector.matchLabels ?? { app: deployment });
    const ofServer = (pod: V1Pod): boolean =>
      labels.every(([key, value]) => pod.metadata?.labels?.[key] === value);
    const route = routes().find(({ metadata }) => metadata?.name === platformNames.route);
    return {
      deployment: server,
      pods: pods().filter(ofServer),
      endpoints: slices(),
      rule: route?.spec?.routes?.map(({ match }) => match).join(" || "),
    };
  };
}
