// The Kubernetes objects of the platform, by their identity alone.
import { names } from "./names.ts";

/** A Kubernetes object by its identity alone. */
export interface PlatformObject {
  apiVersion: string;
  kind: string;
  /** Plural, as in the API's paths: `deployments`. */
  resource: string;
  name: string;
  /** Absent for an object of the whole cluster. */
  namespace?: string;
  /**
   * Whether the reference setup was made by hand with an object of this name, by kubectl: such a one is taken over unasked.
   */
  madeByHand: boolean;
  /** What a person does where one of somebody else stands there. @default it is removed or renamed */
  instead?: string;
}

/** The claim: which stack has the GPU. One that was made by hand is taken over, too. */
export const claimObject = inNamespace("v1", "ConfigMap", "configmaps", names.claim, true);

/** The Deployment, by which an owner is told where the claim is missing. */
export const deploymentObject = inNamespace("apps/v1", "Deployment", "deployments", names.deployment, true);

/** The Secret with the API key, which every mode keeps. */
export const apiKeyObject = inNamespace("v1", "Secret", "secrets", names.apiKeySecret, false);

/** The namespace, in which others live too: it is never refused and nothing of it is ever taken away. */
export const namespaceObject: PlatformObject = {
  apiVersion: "v1",
  kind: "Namespace",
  resource: "namespaces",
  name: names.namespace,
  madeByHand: true,
};

/** The way in from outside. */
export const routeObjects: readonly PlatformObject[] = [
  inNamespace("cert-manager.io/v1", "Certificate", "certificates", names.certificate, true),
  inNamespace("traefik.io/v1alpha1", "IngressRoute", "ingressroutes", names.httpsRoute, true),
  inNamespace("traefik.io/v1alpha1", "IngressRoute", "ingressroutes", names.redirectRoute, true),
  inNamespace("traefik.io/v1alpha1", "Middleware", "middlewares", names.accessMiddleware, false),
  inNamespace("traefik.io/v1alpha1", "Middleware", "middlewares", names.redirectMiddleware, false),
];

/** One way in that leads to Ollama while the GPU is away. */
export const gatewayObjects: readonly PlatformObject[] = [
  inNamespace("cert-manager.io/v1", "Certificate", "certificates", names.gatewayCertificate, false),
  ...[names.gateway, names.gatewayHttpRoute].map((name) =>
    inNamespace("traefik.io/v1alpha1", "IngressRoute", "ingressroutes", name, false),
  ),
  inNamespace("traefik.io/v1alpha1", "TraefikService", "traefikservices", names.gateway, false),
  inNamespace("traefik.io/v1alpha1", "ServersTransport", "serverstransports", names.gateway, false),
  ...[
    names.gatewayAccessMiddleware,
    names.gatewayRedirectMiddleware,
    names.servedByGpu,
    names.gpuErrors,
    names.servedByCpu,
  ].map((name) => inNamespace("traefik.io/v1alpha1", "Middleware", "middlewares", name, false)),
  ...[names.gateway, names.gatewayFallback].map((name) =>
    inNamespace("v1", "Service", "services", name, false),
  ),
];

/** The volume claim with the models of the platform's own Ollama, which no mode takes away. */
export const ollamaVolumeObject = ofOllama(
  "v1",
  "PersistentVolumeClaim",
  "persistentvolumeclaims",
  names.ollamaVolume,
);

/** An Ollama of the platform's own. One that was there before is used, and never taken over. */
export const ollamaObjects: readonly PlatformObject[] = [
  ofOllama("apps/v1", "Deployment", "deployments", names.ollama),
  ofOllama("v1", "Service", "services", names.ollama),
  ofOllama("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", names.ollama),
  inNamespace("batch/v1", "CronJob", "cronjobs", names.defaultModelJob, false),
  ollamaVolumeObject,
];

/** The volume claim with the model files, which no mode takes away. */
export const volumeClaimObject = inNamespace(
  "v1",
  "PersistentVolumeClaim",
  "persistentvolumeclaims",
  names.volumeClaim,
  true,
);

/** What a person removes, and nobody else: the model files, and the key that clients know. */
export const irreplaceable: readonly PlatformObject[] = [volumeClaimObject, ollamaVolumeObject, apiKeyObject];

const huggingFaceObject = inNamespace("v1", "Secret", "secrets", names.huggingFaceSecret, false);
/**
 * Every object that any mode may declare, by its identity: what nobody declares any more has to be found, too, and
 * no manifest tells the plural of its kind.
 */
export const possibleObjects: readonly PlatformObject[] = [
  namespaceObject,
  claimObject,
  deploymentObject,
  inNamespace("v1", "Service", "services", names.service, true),
  inNamespace("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", names.disruptionBudget, true),
  inNamespace("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", names.networkPolicy, false),
  inNamespace("v1", "ConfigMap", "configmaps", names.fallbackConfig, true),
  ...routeObjects,
  ...gatewayObjects,
  ...ollamaObjects,
  volumeClaimObject,
  apiKeyObject,
  huggingFaceObject,
];

/** `Deployment/vllm-server`: how messages and the setting `adopt` call an object. */
export function objectTitle({ kind, name }: Pick<PlatformObject, "kind" | "name">): string {
  return `${kind}/${name}`;
}

/** The same of a whole object. */
export function titleOf({ kind, metadata: { name } }: { kind: string; metadata: { name: string } }): string {
  return objectTitle({ kind, name });
}

/**
 * What the setting `adopt` may name: an object under a name that setups had before the platform, or the Secret that cert-manager
 * writes for the route.
 */
export const adoptable: readonly string[] = [
  ...possibleObjects
    .filter((object) => ![...gatewayObjects, ...ollamaObjects].includes(object))
    .map(objectTitle),
  `Secret/${names.certificate}`,
];

/** Path of an object in the API server. */
export function objectPath(object: PlatformObject): string {
  return `${collectionPath(object)}/${object.name}`;
}

/** Path of all objects of the same kind in the same namespace. */
export function collectionPath({ apiVersion, resource, namespace }: PlatformObject): string {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace === undefined ? `${root}/${resource}` : `${root}/namespaces/${namespace}/${resource}`;
}

function inNamespace(
  apiVersion: string,
  kind: string,
  resource: string,
  name: string,
  madeByHand: boolean,
): PlatformObject {
  return { apiVersion, kind, resource, name, namespace: names.namespace, madeByHand };
}

function ofOllama(apiVersion: string, kind: string, resource: string, name: string): PlatformObject {
  return {
    ...inNamespace(apiVersion, kind, resource, name, false),
    instead: "Set ollama.enabled: false, and the Ollama that is there is used as it is; or remove it",
  };
}
