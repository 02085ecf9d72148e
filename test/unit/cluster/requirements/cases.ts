// Every verdict of the check of the cluster, with the objects that lead to it. docs/gpu-node.md is held to the same list.
import { ApiError, type ClusterApi } from "../../../../cluster/api/index.ts";
import type { Finding } from "../../../../cluster/findings/finding.ts";
import { type Plan, planFromFiles } from "../../../../stacks/index.ts";
import { planOllama } from "../../../../stacks/plan/ollama.ts";
import { ownerLabels } from "../../../../stacks/vocabulary/names.ts";
import { gatewayCases } from "./gateway-cases.ts";

export interface Case extends Finding {
  about: string;
  plan: Plan;
  /** What the API server gives, by path; nothing is there under any other. */
  objects: Record<string, object>;
  /** What its user may do. @default everything */
  rules?: Rules | Error;
}

/** What an API server answers to the question for the rules that hold in a namespace. */
export const everyRule: Rules = [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }];
export type Rules = {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
}[];

/**
 * An API server that holds these objects; an error is what it says instead.
 * @param rules what its user may do, in any namespace; an error is what it says instead
 */
export function apiOf(objects: Record<string, object>, rules: Rules | Error = everyRule): ClusterApi {
  return {
    server: "https://cluster",
    create: async (path: string, { spec }: { spec: { resourceAttributes?: Record<string, string> } }) => {
      if (rules instanceof Error) {
        throw rules;
      }
      const asked = spec.resourceAttributes;
      return path.endsWith("/selfsubjectrulesreviews") || asked === undefined
        ? { status: { resourceRules: rules } }
        : { status: { allowed: rules === everyRule } };
    },
    get: async (path: string) => {
      const found = objects[path];
      if (found instanceof Error) {
        throw found;
      }
      return found;
    },
  } as ClusterApi;
}

export const plan = planFromFiles(`${import.meta.dirname}/../../../..`, "ml");

const withSettings = (change: Partial<Plan["settings"]>): Plan => ({
  ...plan,
  settings: { ...plan.settings, ...change },
});
const inVolume = (more: { storageClass?: string; runAsUser?: number } = {}): Plan => {
  const { storageClass, runAsUser } = more;
  const claim = { size: "50Gi", accessMode: "ReadWriteOnce" as const, storageClass };
  return {
    ...withSettings({
      cache: { claim },
      security: { ...plan.settings.security, ...(runAsUser === undefined ? {} : { runAsUser }) },
    }),
    cache: { kind: "claim", ...claim } as Plan["cache"],
  };
};

export const paths = {
  runtimeClass: "/apis/node.k8s.io/v1/runtimeclasses/nvidia",
  certManager: "/apis/cert-manager.io/v1",
  traefik: "/apis/traefik.io/v1alpha1",
  issuers: "/apis/cert-manager.io/v1/clusterissuers",
  traefikService: "/api/v1/services?labelSelector=app.kubernetes.io%2Fname%3Dtraefik",
  traefikPods: "/api/v1/pods?labelSelector=app.kubernetes.io%2Fname%3Dtraefik",
  certificate: "/apis/cert-manager.io/v1/namespaces/ml/certificates/vllm-tls",
  httpsRoute: "/apis/traefik.io/v1alpha1/namespaces/ml/ingressroutes/vllm-https",
  namespace: "/api/v1/namespaces/ml",
  servers: "/api/v1/nodes?labelSelector=node-role.kubernetes.io%2Fcontrol-plane",
  daemonSets: "/apis/apps/v1/daemonsets",
  storageClasses: "/apis/storage.k8s.io/v1/storageclasses",
  tlsSecret: "/api/v1/namespaces/ml/secrets/vllm-tls",
  apiKey: "/api/v1/namespaces/ml/secrets/vllm-api-key",
  volumes: "/api/v1/persistentvolumes",
  volumeClaim: "/api/v1/namespaces/ml/persistentvolumeclaims/vllm-model-cache",
  claim: "/api/v1/namespaces/ml/configmaps/gpu-mode",
  ollamaService: "/api/v1/namespaces/ml/services/ollama",
  ollamaDeployment: "/apis/apps/v1/namespaces/ml/deployments/ollama",
  ollamaVolume: "/api/v1/namespaces/ml/persistentvolumeclaims/ollama-models",
  failover: "/apis/traefik.io/v1alpha1/namespaces/ml/traefikservices/llm-gateway",
} as const;

const listOf = (...items: object[]) => ({ items });
const named = (name: string, more: object = {}) => ({ metadata: { name }, ...more });
const issuerOf = (status: string, more: object = {}) =>
  named("letsencrypt-prod", { status: { conditions: [{ type: "Ready", status, ...more }] } });
const service = (type: string, externalTrafficPolicy?: string) =>
  listOf(named("traefik", { spec: { type, externalTrafficPolicy } }));
const k3s = (...words: string[]) => ({
  metadata: { name: "server", annotations: { "k3s.io/node-args": JSON.stringify(["server", ...words]) } },
});
const enforcing = (level: string) => ({
  metadata: { labels: { "pod-security.kubernetes.io/enforce": level } },
});
const { host } = plan.settings.route;
const { route: _, ...closed } = plan;
const platforms = (name: string) => ({ metadata: { name, labels: ownerLabels } });
const claimOf = (mode: string) => ({
  metadata: { name: "gpu-mode" },
  data: { mode, stack: mode, since: "2026-01-01T00:00:00Z", switch: "1", planHash: "h", source: "c" },
});
const certificateOf = (
  status?: "True" | "False",
  { host: name = host, generation = 2 }: { host?: string; generation?: number } = {},
) => ({
  metadata: { generation },
  spec: { dnsNames: [name] },
  ...(status === undefined
    ? {}
    : {
        status: {
          notAfter: "2027-01-01T00:00:00Z",
          conditions: [{ type: "Ready", status, message: "waiting for HTTP-01", observedGeneration: 2 }],
        },
      }),
});
const podIn = (namespace: string, phase = "Running") => ({
  metadata: { name: "traefik", namespace },
  status: { phase },
});
const volumeOf = (storage: string) => {
  const spec = {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "fast",
    resources: { requests: { storage } },
  };
  return named("vllm-model-cache", { spec, status: { phase: "Bound" } });
};
const granted =
  "Have somebody grant them, as in docs/rbac/updater.yaml, or use another context: cluster.context in Pulumi.yaml";
const routeResources = (...resources: string[]) => ({ resources: resources.map((name) => ({ name })) });

const everyoneSeen =
  "Service traefik has externalTrafficPolicy Cluster, so Traefik does not see the clients' addresses and the address list admits everyone";
const otherFence = "ask for a key (`apiKey: true`), or close the route (`route.enabled: false`)";
const overwritten =
  "Remove or rename it, or let it be overwritten: vllm-platform:adopt: {value: [Secret/vllm-tls]} in Pulumi.yaml";
const noWay =
  "; a key is no way round it, as vLLM 0.8.5.post1 asks no key of a request whose Host header holds a `/` or a `?` (CVE-2026-48746, fixed in 0.22.0)";
const newer: Plan = {
  ...plan,
  server: { ...plan.server, version: { release: [0, 22, 0], stage: "final", serial: 0 } },
};
const ollamaSettings = { ...plan.settings, ollama: { ...plan.settings.ollama, enabled: true } };
const ofPlatform = planOllama(ollamaSettings);
const ownOllama: Plan = {
  ...plan,
  settings: ollamaSettings,
  ...(ofPlatform === undefined ? {} : { ollama: ofPlatform }),
};
const noFence = "no other network plugin that enforces policies is known here";
const noLevelFits = "namespace ml enforces";
const label = "kubectl label namespace ml pod-security.kubernetes.io/enforce";

type Verdict = Omit<Case, "about" | "plan"> & Partial<Pick<Case, "about" | "plan">>;

const verdicts: readonly Verdict[] = [
  // RuntimeClass
  {
    item: "RuntimeClass",
    state: "ok",
    found: "nvidia, handler nvidia",
    objects: { [paths.runtimeClass]: { handler: "nvidia" } },
  },
  {
    item: "RuntimeClass",
    state: "fault",
    found: "there is no RuntimeClass nvidia, so no pod of the server can be made",
    fix: "Install NVIDIA's container toolkit on the node and restart k3s there, which then makes it; or name another one in gpuNode.runtimeClass",
    objects: {},
  },
  {
    item: "RuntimeClass",
    state: "unknown",
    found: "may not be read: it is forbidden",
    fix: "Use credentials that may, or look by hand: `kubectl get runtimeclass`",
    objects: { [paths.runtimeClass]: new ApiError(403, "Forbidden", "it is forbidden") },
  },
  // namespace
  {
    item: "namespace",
    state: "ok",
    found: "ml is not there yet, and is made by the first update",
    objects: {},
  },
  { item: "namespace", state: "ok", found: "ml", objects: { [paths.namespace]: { metadata: {} } } },
  ...[
    { metadata: { deletionTimestamp: "2026-11-24T08:00:00Z" } },
    { metadata: {}, status: { phase: "Terminating" } },
  ].map(
    (object, place): Verdict => ({
      about: ["a mark of its deletion", "its phase"][place] ?? "",
      item: "namespace",
      state: "fault",
      found: "namespace ml is being deleted, so nothing can be made in it",
      fix: "Wait for its end: `kubectl wait --for=delete namespace/ml`; what holds that up is told by `kubectl describe namespace ml`",
      objects: { [paths.namespace]: object },
    }),
  ),
  // rights
  {
    item: "rights",
    state: "ok",
    found: "these credentials may do all that an update does",
    objects: {},
  },
  {
    about: "nothing but reading",
    item: "rights",
    state: "fault",
    found:
      "these credentials may not patch and create namespaces; create, patch and delete configmaps, deployments.apps, services, poddisruptionbudgets.policy, networkpolicies.networking.k8s.io, certificates.cert-manager.io, ingressroutes.traefik.io, middlewares.traefik.io in namespace ml; create and update leases.coordination.k8s.io in namespace default; delete pods in namespace ml; create pods/portforward in namespace ml; list nodes",
    fix: granted,
    objects: {},
    rules: [{ verbs: ["get", "list"], apiGroups: ["*"], resources: ["*"] }],
  },
  {
    about: "somebody whom nobody knows",
    item: "rights",
    state: "fault",
    found: "these credentials may do nothing here: anonymous may not ask",
    fix: granted,
    objects: { [paths.claim]: new ApiError(403, "Forbidden", "no") },
    rules: new ApiError(403, "Forbidden", "anonymous may not ask"),
  },
  {
    about: "an API server that tells nobody's rights",
    item: "rights",
    state: "unknown",
    found: "the API server does not tell what these credentials may do: not asked here",
    fix: "Ask by hand: `kubectl auth can-i --list -n ml`",
    objects: {},
    rules: new ApiError(403, "Forbidden", "not asked here"),
  },
  // role
  {
    item: "role",
    state: "ok",
    found: "these credentials may look and change: all of docs/rbac/updater.yaml",
    objects: {},
  },
  {
    about: "an updater who may not see everything",
    item: "role",
    state: "warning",
    found:
      "of docs/rbac/updater.yaml these credentials may not get and list nodes, runtimeclasses.node.k8s.io; list pods, services, daemonsets.apps, storageclasses.storage.k8s.io, persistentvolumes, clusterissuers.cert-manager.io, certificates.cert-manager.io, ingressroutes.traefik.io, ingresses.networking.k8s.io",
    fix: "Have somebody who may grant it apply the file anew: `kubectl apply -f docs/rbac/updater.yaml`",
    objects: {},
    rules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
  },
  {
    about: "a reader who may not see everything",
    item: "role",
    state: "warning",
    found:
      "of docs/rbac/reader.yaml these credentials may not get secrets in namespace ml; list configmaps, services, persistentvolumeclaims, deployments.apps, statefulsets.apps, daemonsets.apps, cronjobs.batch, jobs.batch, poddisruptionbudgets.policy, networkpolicies.networking.k8s.io, ingresses.networking.k8s.io, certificates.cert-manager.io, ingressroutes.traefik.io, middlewares.traefik.io, traefikservices.traefik.io, serverstransports.traefik.io, horizontalpodautoscalers.autoscaling, scaledobjects.keda.sh in namespace ml; get leases.coordination.k8s.io in namespace default; list nodes, pods",
    fix: "Have somebody who may grant it apply the file anew: `kubectl apply -f docs/rbac/reader.yaml`",
    objects: {},
    rules: [
      { verbs: ["get"], apiGroups: [""], resources: ["configmaps", "services", "persistentvolumeclaims"] },
      { verbs: ["get"], apiGroups: [""], resources: ["secrets"], resourceNames: ["vllm-api-key"] },
      { verbs: ["get"], apiGroups: [""], resources: ["namespaces"] },
      { verbs: ["get"], apiGroups: ["apps", "policy", "networking.k8s.io"], resources: ["*"] },
      { verbs: ["get"], apiGroups: ["batch", "cert-manager.io", "traefik.io"], resources: ["*"] },
    ],
  },
  // Pod Security
  {
    item: "Pod Security",
    state: "ok",
    found: "namespace ml is not there yet, and is made without a level",
    objects: {},
  },
  {
    item: "Pod Security",
    state: "ok",
    found: "namespace ml sets no level",
    objects: { [paths.namespace]: { metadata: {} } },
  },
  {
    item: "Pod Security",
    state: "ok",
    found: `${noLevelFits} baseline, which admits the pod`,
    plan: inVolume(),
    objects: { [paths.namespace]: enforcing("baseline") },
  },
  {
    item: "Pod Security",
    state: "ok",
    found: `${noLevelFits} restricted, which admits the pod`,
    plan: inVolume({ runAsUser: 1000 }),
    objects: { [paths.namespace]: enforcing("restricted") },
  },
  {
    item: "Pod Security",
    state: "fault",
    found: `${noLevelFits} baseline, which refuses the server's pod: its model files lie in a folder of the node (hostPath)`,
    fix: `\`${label}=privileged --overwrite\`, or keep the model files in a volume (\`cache.claim\`), which baseline admits, and restricted with \`security.runAsUser\``,
    objects: { [paths.namespace]: enforcing("baseline") },
  },
  {
    item: "Pod Security",
    state: "fault",
    found: `${noLevelFits} restricted, which refuses the server's pod: it runs as root`,
    fix: `\`${label}=baseline --overwrite\`, or run as another user (\`security.runAsUser\`)`,
    plan: inVolume(),
    objects: { [paths.namespace]: enforcing("restricted") },
  },
  // StorageClass
  {
    item: "StorageClass",
    state: "ok",
    found: "local-path",
    plan: inVolume(),
    objects: {
      [paths.storageClasses]: listOf(
        {
          metadata: {
            name: "local-path",
            annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
          },
        },
        named("nfs"),
      ),
    },
  },
  {
    item: "StorageClass",
    state: "fault",
    found: "no StorageClass is the cluster's default",
    fix: "Install one, or keep the model files in a folder of the node (`cache.hostPath`)",
    plan: inVolume(),
    objects: { [paths.storageClasses]: listOf() },
  },
  ...[
    {
      about: "a claim that has its volume",
      found: "not needed: volume claim vllm-model-cache has its volume",
      objects: { [paths.volumeClaim]: volumeOf("50Gi") },
    },
    {
      about: "a claim that grows, of a class that lets it",
      found: "not needed: volume claim vllm-model-cache has its volume",
      objects: {
        [paths.volumeClaim]: volumeOf("20Gi"),
        [paths.storageClasses]: listOf(named("fast", { allowVolumeExpansion: true })),
      },
    },
    {
      about: "a volume that was made by hand",
      found: "not needed: volume models was made by hand",
      objects: { [paths.volumes]: listOf(named("models", { spec: { storageClassName: "fast" } })) },
    },
    {
      about: "a claim that was made with a class that is there",
      found: "nfs",
      objects: {
        [paths.volumeClaim]: { spec: { storageClassName: "nfs" }, status: { phase: "Pending" } },
        [paths.storageClasses]: listOf(named("nfs")),
      },
    },
  ].map(
    (one): Verdict => ({
      ...one,
      item: "StorageClass",
      state: "ok",
      plan: inVolume({ storageClass: "fast" }),
    }),
  ),
  {
    about: "a claim that is to grow, and cannot",
    item: "StorageClass",
    state: "fault",
    found:
      "volume claim vllm-model-cache has 20Gi of class fast, which does not let volumes grow, and cache.claim.size is 50Gi",
    fix: `Set cache.claim.size: 20Gi; or, where its provisioner can do it, \`kubectl patch storageclass fast -p '{"allowVolumeExpansion":true}'\``,
    plan: inVolume({ storageClass: "fast" }),
    objects: { [paths.volumeClaim]: volumeOf("20Gi"), [paths.storageClasses]: listOf(named("fast")) },
  },
  {
    about: "volumes of others, and of other classes",
    item: "StorageClass",
    state: "fault",
    found: "there is no StorageClass fast",
    fix: "Install one, or keep the model files in a folder of the node (`cache.hostPath`)",
    plan: inVolume({ storageClass: "fast" }),
    objects: {
      [paths.volumes]: listOf(
        named("theirs", {
          spec: { storageClassName: "fast", claimRef: { namespace: "apps", name: "vllm-model-cache" } },
        }),
        named("other"),
      ),
    },
  },
  {
    item: "StorageClass",
    state: "fault",
    found: "there is no StorageClass fast",
    fix: "Name one of local-path, nfs in cache.claim.storageClass",
    plan: inVolume({ storageClass: "fast" }),
    objects: { [paths.storageClasses]: listOf(named("nfs"), named("local-path")) },
  },
  // definitions
  {
    item: "Traefik",
    state: "ok",
    found: "traefik.io/v1alpha1: ingressroutes, middlewares",
    objects: { [paths.traefik]: routeResources("middlewares", "ingressroutes", "tlsoptions") },
  },
  {
    item: "Traefik",
    state: "fault",
    found: "the cluster has no ingressroutes, middlewares of traefik.io/v1alpha1, so there can be no route",
    fix: "Install Traefik 3, which k3s brings from 1.32 on unless it was started with --disable traefik, or close the route with route.enabled: false",
    objects: {},
  },
  {
    item: "cert-manager",
    state: "ok",
    found: "cert-manager.io/v1: certificates, clusterissuers",
    objects: { [paths.certManager]: routeResources("certificates", "clusterissuers") },
  },
  {
    item: "cert-manager",
    state: "fault",
    found: "the cluster has no clusterissuers of cert-manager.io/v1, so the route gets no certificate",
    fix: "Install cert-manager (https://cert-manager.io/docs/installation/), or close the route with route.enabled: false",
    objects: { [paths.certManager]: routeResources("certificates") },
  },
  // issuer
  {
    item: "ClusterIssuer",
    state: "ok",
    found: "letsencrypt-prod is ready",
    objects: { [paths.issuers]: listOf(issuerOf("True")) },
  },
  { item: "ClusterIssuer", state: "unknown", found: "not to be told without cert-manager", objects: {} },
  {
    item: "ClusterIssuer",
    state: "fault",
    found: "there is no ClusterIssuer letsencrypt-prod, so the route gets no certificate",
    fix: "Name one of home, staging in route.issuer, or make it",
    objects: { [paths.issuers]: listOf(named("staging"), named("home")) },
  },
  {
    item: "ClusterIssuer",
    state: "fault",
    found: "there is no ClusterIssuer letsencrypt-prod, so the route gets no certificate",
    fix: "Make one (https://cert-manager.io/docs/configuration/acme/), and name it in route.issuer",
    objects: { [paths.issuers]: listOf() },
  },
  {
    item: "ClusterIssuer",
    state: "fault",
    found: "letsencrypt-prod is not ready: no account, so the route gets no certificate",
    fix: "Look what cert-manager says: `kubectl describe clusterissuer letsencrypt-prod`",
    objects: { [paths.issuers]: listOf(issuerOf("False", { message: "no account" })) },
  },
  {
    item: "ClusterIssuer",
    state: "fault",
    found:
      "letsencrypt-prod is not ready: cert-manager has said nothing of it, so the route gets no certificate",
    fix: "Look what cert-manager says: `kubectl describe clusterissuer letsencrypt-prod`",
    objects: { [paths.issuers]: listOf(named("letsencrypt-prod")) },
  },
  {
    about: "with a certificate that is ready",
    item: "ClusterIssuer",
    state: "warning",
    found:
      "there is no ClusterIssuer letsencrypt-prod; the certificate that is there goes on, and is not renewed",
    fix: "Make one (https://cert-manager.io/docs/configuration/acme/), and name it in route.issuer",
    objects: { [paths.issuers]: listOf(), [paths.certificate]: certificateOf("True") },
  },
  {
    about: "with a certificate that is ready",
    item: "ClusterIssuer",
    state: "warning",
    found:
      "letsencrypt-prod is not ready: no account; the certificate that is there goes on, and is not renewed",
    fix: "Look what cert-manager says: `kubectl describe clusterissuer letsencrypt-prod`",
    objects: {
      [paths.issuers]: listOf(issuerOf("False", { message: "no account" })),
      [paths.certificate]: certificateOf("True"),
    },
  },
  // certificate
  ...[
    { about: "none yet" },
    { about: "one for another host", found: certificateOf("True", { host: "old.example.org" }) },
  ].map(
    ({ about, found }): Verdict => ({
      about,
      item: "certificate",
      state: "ok",
      found: `one for ${host} is asked for by the next update`,
      objects: found === undefined ? {} : { [paths.certificate]: found },
    }),
  ),
  {
    item: "certificate",
    state: "ok",
    found: `ready for ${host}, until 2027-01-01T00:00:00Z`,
    objects: { [paths.certificate]: certificateOf("True") },
  },
  ...[
    { about: "one that is not signed", found: certificateOf("False"), said: "waiting for HTTP-01" },
    {
      about: "one that cert-manager has not looked at",
      found: certificateOf(),
      said: "cert-manager has said nothing of it",
    },
    {
      about: "one that was changed since it was ready",
      found: certificateOf("True", { generation: 3 }),
      said: "cert-manager has said nothing of it",
    },
  ].map(
    ({ about, found, said }): Verdict => ({
      about,
      item: "certificate",
      state: "warning",
      found: `Certificate vllm-tls is not ready: ${said}; browsers and curl refuse https://${host} until it is`,
      fix: "Look what cert-manager waits for: `kubectl describe certificate,certificaterequest,order,challenge -n ml`",
      objects: { [paths.certificate]: found },
    }),
  ),
  // way in
  {
    item: "way in",
    state: "ok",
    found: "Traefik in namespace kube-system, which the NetworkPolicy admits",
    objects: { [paths.traefikPods]: listOf(podIn("ingress"), podIn("kube-system")) },
  },
  {
    about: "a namespace that the settings admit",
    item: "way in",
    state: "ok",
    found: "Traefik in namespace ingress, which the NetworkPolicy admits",
    plan: withSettings({ access: { namespaces: ["ingress"] } }),
    objects: { [paths.traefikPods]: listOf(podIn("ingress")) },
  },
  {
    item: "way in",
    state: "warning",
    found:
      "Traefik runs in namespace ingress, and the NetworkPolicy admits it in kube-system only, so no request from outside reaches the server",
    fix: "Add it to `access.namespaces: [apps, docs, monitoring, ingress]`",
    objects: { [paths.traefikPods]: listOf(podIn("ingress"), podIn("kube-system", "Succeeded")) },
  },
  {
    item: "way in",
    state: "unknown",
    found:
      "no pod of the cluster has Traefik's label app.kubernetes.io/name=traefik, so whoever brings requests in is not known",
    fix: "See that it runs with that label in namespace kube-system, or in one that access.namespaces names: the NetworkPolicy admits nobody else",
    objects: {},
  },
  // leftovers
  { item: "leftovers", state: "ok", found: "none", plan: closed, objects: {} },
  {
    item: "leftovers",
    state: "ok",
    found: "none",
    plan: closed,
    objects: { [paths.httpsRoute]: platforms("vllm-https"), [paths.claim]: claimOf("r1") },
  },
  {
    item: "leftovers",
    state: "warning",
    found: "IngressRoute/vllm-https: still there, though mode ml does not declare it",
    fix: "Run `gpu-mode ml`, which removes what it does not declare",
    plan: closed,
    objects: { [paths.httpsRoute]: platforms("vllm-https"), [paths.claim]: claimOf("ml") },
  },
  {
    item: "leftovers",
    state: "warning",
    found: "TraefikService/llm-gateway, Deployment/ollama: still there, though mode ml does not declare it",
    fix: "Run `gpu-mode ml`, which removes what it does not declare",
    objects: {
      [paths.failover]: platforms("llm-gateway"),
      [paths.ollamaDeployment]: platforms("ollama"),
      // A person decides about the models, and somebody else's Service is nobody's leftover.
      [paths.ollamaVolume]: platforms("ollama-models"),
      [paths.ollamaService]: named("ollama"),
      [paths.claim]: claimOf("ml"),
    },
  },
  // client addresses
  {
    item: "client addresses",
    state: "ok",
    found: "Service traefik has externalTrafficPolicy Local",
    objects: { [paths.traefikService]: service("LoadBalancer", "Local") },
  },
  {
    item: "client addresses",
    state: "warning",
    found: everyoneSeen,
    fix: `Set externalTrafficPolicy: Local for it (SECURITY.md has the manifest for k3s), or do not rely on addresses: ${otherFence}`,
    objects: { [paths.traefikService]: service("LoadBalancer", "Cluster") },
  },
  {
    item: "client addresses",
    state: "ok",
    found: `${everyoneSeen}; the API key guards the route`,
    plan: { ...plan, apiKey: true },
    objects: {
      [paths.traefikService]: service("NodePort"),
      [paths.apiKey]: { data: { "api-key": Buffer.from("chosen-by-hand-1").toString("base64") } },
    },
  },
  {
    about: "a key that the next update makes",
    item: "client addresses",
    state: "ok",
    found: `${everyoneSeen}; the API key guards the route`,
    plan: { ...plan, apiKey: true },
    objects: { [paths.traefikService]: service("NodePort") },
  },
  {
    item: "client addresses",
    state: "warning",
    found: `${everyoneSeen}, and Secret vllm-api-key holds no usable key (empty) that would guard the route`,
    fix: "Run `gpu-mode ml`, which sets a new key; clients need it",
    plan: { ...plan, apiKey: true },
    objects: {
      [paths.traefikService]: service("NodePort"),
      [paths.apiKey]: { ...platforms("vllm-api-key"), data: { "api-key": "" } },
    },
  },
  {
    item: "client addresses",
    state: "unknown",
    found:
      "Service traefik is of type ClusterIP, so what stands before Traefik decides which addresses it sees",
    fix: `Do not rely on addresses: ${otherFence}`,
    objects: { [paths.traefikService]: service("ClusterIP") },
  },
  {
    item: "client addresses",
    state: "unknown",
    found:
      "no Service of the cluster has Traefik's label app.kubernetes.io/name=traefik, so which addresses are compared is not known",
    fix: `Do not rely on addresses: ${otherFence}`,
    objects: { [paths.traefikService]: listOf() },
  },
  // NetworkPolicy
  ...["calico-node", "cilium", "rke2-canal", "antrea-agent", "kube-router", "weave-net", "kube-ovn-cni"].map(
    (name): Verdict => ({
      about: name,
      item: "NetworkPolicy",
      state: "ok",
      found: `enforced by ${{ "calico-node": "Calico", cilium: "Cilium", "rke2-canal": "Canal", "antrea-agent": "Antrea", "kube-router": "kube-router", "weave-net": "Weave Net", "kube-ovn-cni": "Kube-OVN" }[name]}`,
      objects: { [paths.servers]: listOf(), [paths.daemonSets]: listOf(named("traefik"), named(name)) },
    }),
  ),
  {
    about: "k3s as it comes",
    item: "NetworkPolicy",
    state: "ok",
    found: "enforced by the controller within k3s (kube-router)",
    objects: {
      [paths.servers]: listOf(k3s("--disable", "servicelb"), named("agent")),
      [paths.daemonSets]: listOf(),
    },
  },
  {
    about: "a switch that is off again",
    item: "NetworkPolicy",
    state: "ok",
    found: "enforced by the controller within k3s (kube-router)",
    objects: { [paths.servers]: listOf(k3s("--disable-network-policy=false")), [paths.daemonSets]: listOf() },
  },
  ...[
    ["--disable-network-policy"],
    ["--disable-network-policy", "true"],
    ["--disable-network-policy=true"],
  ].map(
    (words): Verdict => ({
      about: `k3s ${words.join(" ")}`,
      item: "NetworkPolicy",
      state: "warning",
      found: `k3s was started with --disable-network-policy, and ${noFence}, so every pod of the cluster reaches the server`,
      fix: `Start k3s without --disable-network-policy${noWay}`,
      objects: { [paths.servers]: listOf(k3s(...words)), [paths.daemonSets]: listOf() },
    }),
  ),
  {
    about: "k3s with Cilium in place of its own",
    item: "NetworkPolicy",
    state: "ok",
    found: "enforced by Cilium",
    objects: {
      [paths.servers]: listOf(k3s("--flannel-backend", "none", "--disable-network-policy")),
      [paths.daemonSets]: listOf(named("cilium")),
    },
  },
  {
    item: "NetworkPolicy",
    state: "warning",
    found:
      "flannel does not enforce policies, and no controller that does is known here, so every pod of the cluster reaches the server",
    fix: `Add a controller (https://github.com/kubernetes-sigs/kube-network-policies)${noWay}`,
    objects: {
      [paths.servers]: listOf(named("plain")),
      [paths.daemonSets]: listOf(named("kube-flannel-ds")),
    },
  },
  ...[
    {
      about: "k3s, and an engine whose key holds",
      found: `k3s was started with --disable-network-policy, and ${noFence}, so every pod of the cluster reaches the server`,
      fix: "Start k3s without --disable-network-policy, or at least ask for a key (`apiKey: true`), which guards /v1 and leaves /invocations and others open",
      objects: {
        [paths.servers]: listOf(k3s("--disable-network-policy")),
        [paths.daemonSets]: listOf(),
      },
    },
    {
      about: "flannel, and an engine whose key holds",
      found:
        "flannel does not enforce policies, and no controller that does is known here, so every pod of the cluster reaches the server",
      fix: "Add a controller (https://github.com/kubernetes-sigs/kube-network-policies), or at least ask for a key (`apiKey: true`), which guards /v1 and leaves /invocations and others open",
      objects: {
        [paths.servers]: listOf(named("plain")),
        [paths.daemonSets]: listOf(named("kube-flannel-ds")),
      },
    },
    {
      about: "k3s, and an engine whose key holds and is asked for",
      found: `k3s was started with --disable-network-policy, and ${noFence}, so every pod of the cluster reaches the server`,
      fix: "Start k3s without --disable-network-policy; the key that is asked for guards /v1 and leaves /invocations and others open",
      plan: { ...newer, apiKey: true },
      objects: {
        [paths.servers]: listOf(k3s("--disable-network-policy")),
        [paths.daemonSets]: listOf(),
      },
    },
    {
      about: "flannel, and an engine whose key holds and is asked for",
      found:
        "flannel does not enforce policies, and no controller that does is known here, so every pod of the cluster reaches the server",
      fix: "Add a controller (https://github.com/kubernetes-sigs/kube-network-policies); the key that is asked for guards /v1 and leaves /invocations and others open",
      plan: { ...newer, apiKey: true },
      objects: {
        [paths.servers]: listOf(named("plain")),
        [paths.daemonSets]: listOf(named("kube-flannel-ds")),
      },
    },
  ].map((one): Verdict => ({ plan: newer, ...one, item: "NetworkPolicy", state: "warning" })),
  // TLS Secret
  {
    item: "TLS Secret",
    state: "ok",
    found: "vllm-tls is not there yet, and is made by cert-manager",
    objects: {},
  },
  {
    item: "TLS Secret",
    state: "ok",
    found: "vllm-tls",
    objects: {
      [paths.tlsSecret]: { metadata: { annotations: { "cert-manager.io/certificate-name": "vllm-tls" } } },
    },
  },
  {
    item: "TLS Secret",
    state: "fault",
    found:
      "Secret vllm-tls in namespace ml is not cert-manager's, and the route's certificate would overwrite it",
    fix: overwritten,
    objects: { [paths.tlsSecret]: { metadata: {} } },
  },
  {
    item: "TLS Secret",
    state: "fault",
    found:
      "Secret vllm-tls in namespace ml is that of Certificate wildcard, and the route's certificate would overwrite it",
    fix: overwritten,
    objects: {
      [paths.tlsSecret]: { metadata: { annotations: { "cert-manager.io/certificate-name": "wildcard" } } },
    },
  },
  {
    about: "one that the settings give away",
    item: "TLS Secret",
    state: "ok",
    found: "vllm-tls",
    plan: { ...plan, adopt: ["Secret/vllm-tls"] },
    objects: { [paths.tlsSecret]: { metadata: {} } },
  },
  // what needs no look at the cluster; test/unit/stacks/cautions has each of its sentences
  {
    item: "openness",
    state: "ok",
    found: "5 address ranges; paths /v1/, /docs, /openapi.json, /health",
    objects: {},
  },
  {
    item: "openness",
    state: "warning",
    found:
      "route.allowedRanges holds 0.0.0.0/0, so the whole internet may use the server without a key; the route lets in /metrics, which answers without a key",
    fix: "Name the ranges of those who are meant, or ask for a key (`apiKey: true`). Name only what clients need in route.paths and route.pathPrefixes, such as /v1/",
    plan: withSettings({
      route: { ...plan.settings.route, allowedRanges: ["0.0.0.0/0"], paths: ["/metrics"] },
    }),
    objects: {},
  },
  {
    item: "vLLM's version",
    state: "ok",
    found:
      "0.8.5.post1, of which no published fault lets anybody past this mode's fences; but one request of somebody who is let in can end vLLM 0.8.5.post1 (CVE-2026-34756, CVE-2025-48956, CVE-2025-48942, CVE-2025-48944)",
    objects: {},
  },
  {
    item: "vLLM's version",
    state: "ok",
    found: "0.22.0, of which no published fault is known here",
    plan: newer,
    objects: {},
  },
  {
    item: "vLLM's version",
    state: "warning",
    found:
      "inside the cluster the API key keeps nobody out: vLLM 0.8.5.post1 asks no key of a request whose Host header holds a `/` or a `?` (CVE-2026-48746, fixed in 0.22.0). Requests from outside are asked for it, as Traefik refuses such a header",
    fix: "Count on the NetworkPolicy inside the cluster where it is enforced (gpu-mode doctor says whether), or take an image from 0.22.0 on, where the driver runs it",
    plan: withSettings({ apiKey: true }),
    objects: {},
  },
  ...[
    { about: "k3s with a plugin that nobody knows", node: k3s("--flannel-backend=none") },
    { about: "no k3s", node: named("plain") },
    {
      about: "an annotation that is no JSON",
      node: { metadata: { name: "x", annotations: { "k3s.io/node-args": "{" } } },
    },
  ].map(
    ({ about, node }): Verdict => ({
      about,
      item: "NetworkPolicy",
      state: "unknown",
      found: "no network plugin is recognised",
      fix: "Try it with a pod that must not get in: `kubectl run fence-test -n default --rm -i --restart=Never --image=busybox -- wget -qO- -T 5 http://vllm-api.ml.svc.cluster.local:8000/health` has to be refused or time out, while the server answers others",
      objects: { [paths.servers]: listOf(node), [paths.daemonSets]: listOf() },
    }),
  ),
  // Ollama
  {
    item: "Ollama",
    state: "ok",
    found: "ready at http://ollama.ml.svc.cluster.local:11434",
    objects: {
      [paths.ollamaService]: { metadata: {} },
      [paths.ollamaDeployment]: { metadata: {}, status: { readyReplicas: 1 } },
    },
  },
  {
    item: "Ollama",
    state: "warning",
    found: "it is there, but not ready: while the GPU is away nobody answers",
    fix: "See why: `kubectl describe deployment ollama -n ml`",
    objects: {
      [paths.ollamaService]: { metadata: {} },
      [paths.ollamaDeployment]: { metadata: {}, status: {} },
    },
  },
  {
    item: "Ollama",
    state: "warning",
    found: "no Service and Deployment ollama are in namespace ml: while the GPU is away nobody answers",
    fix: "Install Ollama there (https://github.com/otwld/ollama-helm), have the platform bring it (ollama.enabled: true), or name its URL in fallback.ollamaUrl",
    objects: {},
  },
  {
    about: "the platform's own",
    plan: ownOllama,
    item: "Ollama",
    state: "ok",
    found: "it is brought by the next update",
    objects: {},
  },
  {
    item: "Ollama",
    state: "unknown",
    found: "http://nas:11434 is not in the platform's namespace, and is not asked from here",
    fix: "Ask it from a pod: `kubectl run ollama-test -n default --rm -i --restart=Never --image=busybox -- wget -qO- -T 5 http://nas:11434/api/tags`",
    plan: withSettings({ fallback: { ...plan.settings.fallback, ollamaUrl: "http://nas:11434" } }),
    objects: {},
  },
];

/** All of them. */
export const clusterCases: readonly Case[] = [...verdicts, ...gatewayCases(plan)].map((verdict) => ({
  about: verdict.found,
  plan,
  ...verdict,
}));
