/**
 * Names that clients, dashboards and other manifests of the reference setup refer to. They are a contract:
 * changing one breaks somebody, so none of them is configurable.
 */
export const names = {
  namespace: "ml",
  deployment: "vllm-server",
  service: "vllm-api",
  volumeClaim: "vllm-model-cache",
  certificate: "vllm-tls",
  httpsRoute: "vllm-https",
  redirectRoute: "vllm-redirect",
  redirectMiddleware: "vllm-https-redirect",
  accessMiddleware: "vllm-access",
  disruptionBudget: "vllm-pdb",
  fallbackConfig: "llm-fallback-config",
  networkPolicy: "vllm-server",
  apiKeySecret: "vllm-api-key",
  huggingFaceSecret: "vllm-hugging-face",
  claim: "gpu-mode",
  /** The gateway's TraefikService, HTTPS route, transport, and Service for clients inside the cluster. */
  gateway: "llm-gateway",
  gatewayCertificate: "llm-gateway-tls",
  gatewayHttpRoute: "llm-gateway-http",
  gatewayAccessMiddleware: "llm-gateway-access",
  gatewayRedirectMiddleware: "llm-gateway-https-redirect",
  gatewayFallback: "llm-gateway-cpu",
  ollama: "ollama",
  ollamaVolume: "ollama-models",
  defaultModelJob: "ollama-default-model",
  servedByGpu: "llm-served-by-gpu",
  gpuErrors: "llm-gpu-errors",
  servedByCpu: "llm-served-by-cpu",
} as const;

/** Keys within the Secrets that the platform makes. */
export const secretKeys = { apiKey: "api-key", huggingFaceToken: "token" } as const;

/** The variable in which the server finds the key that it asks clients for. */
export const apiKeyVariable = "VLLM_API_KEY";

/** The container of a pod that is the server, and the init container that tests CUDA before it. */
export const containers = { server: "vllm", smokeTest: "smoke-test" } as const;
export type ContainerName = (typeof containers)[keyof typeof containers];

/** Port of the server, of its Service and of its container. */
export const serverPort = 8000;

/** The name that the server answers to in every mode, so that a switch never turns a request into a 404. */
export const modelAlias = "default";

/** The one label that selects the server's pods. It never changes: a Deployment's selector cannot. */
export const selectorLabels = { app: names.deployment } as const;

/** The label that says which mode an object was declared by. */
export const modeLabel = "gpu-mode";

/** The one field manager of all modes. Their stacks declare the same objects, and each must own what the last one set. */
export const fieldManager = "vllm-platform";

/** Labels by which an object of the platform is known. */
export const ownerLabels = {
  "app.kubernetes.io/part-of": "vllm-platform",
  "app.kubernetes.io/managed-by": "pulumi",
} as const;

/** The labels that select the platform's own Ollama, and no other one in the namespace. They never change. */
export const ollamaLabels = {
  "app.kubernetes.io/name": "ollama",
  "app.kubernetes.io/part-of": ownerLabels["app.kubernetes.io/part-of"],
} as const;

/** The label by which Traefik's pods and Services are known, as k3s and Traefik's chart set it. */
export const traefikLabels = { "app.kubernetes.io/name": "traefik" } as const;

/** Where k3s runs Traefik. */
export const traefikNamespace = "kube-system";

/** The annotation by which the Deployment says which switch it belongs to: the claim's switch number. */
export const switchAnnotation = "vllm-platform/switch";

/** The annotation of the pods that changes when a Secret which the server reads at its start does. */
export const checksumAnnotation = "vllm-platform/secrets-checksum";

/** Port on which Ollama listens unless told otherwise. */
export const ollamaPort = 11_434;

/** The header by which an answer of the gateway says who gave it: `gpu` or `cpu`. */
export const servedByHeader = "x-served-by";

/** URL of the server for clients inside the cluster. */
export const inClusterUrl = `http://${names.service}.${names.namespace}.svc.cluster.local:${serverPort}`;

/** URL of the platform's own Ollama for clients inside the cluster. */
export const inClusterOllamaUrl = `http://${names.ollama}.${names.namespace}.svc.cluster.local:${ollamaPort}`;

/** URL of the gateway for clients inside the cluster; Traefik listens there on port 80. */
export const inClusterGatewayUrl = `http://${names.gateway}.${names.namespace}.svc.cluster.local`;
