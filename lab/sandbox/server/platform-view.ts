import {
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  DiscoveryV1Api,
  type Informer,
  type KubeConfig,
  type KubernetesObject,
  makeInformer,
  type ObjectCache,
  type V1Deployment,
  type V1EndpointSlice,
  type V1Pod,
} from "@kubernetes/client-node";
import { platformNames } from "../base/platform-names.ts";
import { readServerArguments } from "../stub/interface/arguments.ts";
import type { Served } from "../stub/interface/served.ts";
import { unknownVersion } from "../stub/interface/versions.ts";

/** What the cluster holds of the server at one moment. */
export interface PlatformView {
  readonly deployment: V1Deployment | undefined;
  readonly pods: readonly V1Pod[];
  readonly endpoints: readonly V1EndpointSlice[];
  /** What the public route lets in, in Traefik's words; undefined where there is none. */
  readonly rule: string | undefined;
}

interface IngressRoute extends KubernetesObject {
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

export interface PlatformWatch {
  view(): PlatformView;
  stop(): Promise<void>;
}

/** Follows the server's objects; `changed` is called after every later change. Errors of a watch start it anew. */
export async function watchPlatform(config: KubeConfig, changed: () => void): Promise<PlatformWatch> {
  let started = false;
  const onChange = (): void => {
    if (started) changed();
  };
  const { namespace, service, deployment } = platformNames;
  const base = `namespaces/${namespace}`;
  const ofService = `kubernetes.io/service-name=${service}`;
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  const discovery = config.makeApiClient(DiscoveryV1Api);
  const pods = follow<V1Pod>(
    config,
    `/api/v1/${base}/pods`,
    () => core.listNamespacedPod({ namespace }),
    onChange,
  );
  const deployments = follow<V1Deployment>(
    config,
    `/apis/apps/v1/${base}/deployments`,
    () => apps.listNamespacedDeployment({ namespace }),
    onChange,
  );
  const slices = follow<V1EndpointSlice>(
    config,
    `/apis/discovery.k8s.io/v1/${base}/endpointslices`,
    () => discovery.listNamespacedEndpointSlice({ namespace, labelSelector: ofService }),
    onChange,
    ofService,
  );
  const traefik = { group: "traefik.io", version: "v1alpha1" };
  const custom = config.makeApiClient(CustomObjectsApi);
  const routes = follow<IngressRoute>(
    config,
    `/apis/${traefik.group}/${traefik.version}/${base}/ingressroutes`,
    () => custom.listNamespacedCustomObject({ ...traefik, namespace, plural: "ingressroutes" }),
    onChange,
  );
  const all = [pods, deployments, slices, routes];
  await Promise.all(all.map((one) => one.start()));
  started = true;
  return {
    view() {
      const server = deployments.list().find((one) => one.metadata?.name === deployment);
      const labels = Object.entries(server?.spec?.selector.matchLabels ?? { app: deployment });
      const ofServer = (pod: V1Pod): boolean =>
        labels.every(([key, value]) => pod.metadata?.labels?.[key] === value);
      const route = routes.list().find(({ metadata }) => metadata?.name === platformNames.route);
      return {
        deployment: server,
        pods: pods.list().filter(ofServer),
        endpoints: slices.list(),
        rule: route?.spec?.routes?.map(({ match }) => match).join(" || "),
      };
    },
    async stop() {
      await Promise.all(all.map((one) => one.stop()));
    },
  };
}

interface Followed<T extends KubernetesObject> {
  start(): Promise<void>;
  stop(): Promise<void>;
  list(): readonly T[];
}

function follow<T extends KubernetesObject>(
  config: KubeConfig,
  path: string,
  list: Parameters<typeof makeInformer<T>>[2],
  onChange: () => void,
  labelSelector?: string,
): Followed<T> {
  const informer: Informer<T> & ObjectCache<T> = makeInformer(config, path, list, labelSelector);
  let stopped = false;
  const start = async (): Promise<void> => {
    try {
      await informer.start();
    } catch {
      again();
    }
  };
  const again = (): void => {
    if (!stopped) setTimeout(() => void start(), 1000).unref();
  };
  for (const event of ["add", "update", "delete"] as const) informer.on(event, onChange);
  informer.on("error", again);
  return {
    start,
    async stop() {
      stopped = true;
      await informer.stop();
    },
    list: () => informer.list(),
  };
}
