import type { Plan } from "../plan/index.ts";
import type { ProbeTimings } from "../plan/probes.ts";
import { terminationGraceSeconds } from "../plan/supervision.ts";
import { storageRequest } from "../settings/server.ts";
import {
  apiKeyVariable,
  checksumAnnotation,
  containers,
  modeLabel,
  names,
  secretKeys,
  serverPort,
} from "../vocabulary/names.ts";
import { serverLabels } from "./metadata.ts";
import { smokeTest } from "./smoke-test/index.ts";
import { supervised } from "./supervisor/index.ts";

type Variable =
  | { name: string; value: string }
  | { name: string; valueFrom: { secretKeyRef: { name: string; key: string } } };

/** Where the image, running as root, looks for model files. */
const rootCachePath = "/root/.cache/huggingface";
/** The same for any other user, who may not enter root's home. */
const userCachePath = "/var/cache/huggingface";
/** Scratch for compiled kernels and the like; lost with the pod. */
const scratchPath = "/var/cache/vllm";

/** What no pod of the platform needs: variables for Services (vLLM and Ollama read such names as settings), and the API server. */
export const secluded = {
  enableServiceLinks: false,
  automountServiceAccountToken: false,
  securityContext: { seccompProfile: { type: "RuntimeDefault" } },
};

/** The least that a container which is root can be given; each image writes to its own files. */
export const leastPrivilege = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };

/**
 * The server's pod.
 * @param checksum changes when a Secret that the server reads at its start does; absent where it reads none.
 */
export function podTemplate<Late>(plan: Plan, checksum?: Late) {
  const { server, settings } = plan;
  const { gpuNode, resources, security } = settings;
  const container = serverContainer(plan);
  const initContainers = smokeTest(server, container);
  return {
    metadata: {
      labels: { ...serverLabels(plan), [modeLabel]: server.mode },
      ...(checksum === undefined ? {} : { annotations: { [checksumAnnotation]: checksum } }),
    },
    spec: {
      runtimeClassName: gpuNode.runtimeClass,
      nodeSelector: gpuNode.selector,
      tolerations: [{ ...gpuNode.taint, operator: "Equal" }],
      terminationGracePeriodSeconds: terminationGraceSeconds,
      ...secluded,
      securityContext: {
        ...secluded.securityContext,
        ...(security.runAsUser === undefined ? {} : { runAsUser: security.runAsUser, runAsNonRoot: true }),
        ...volumeOwner(plan),
      },
      ...(initContainers.length === 0 ? {} : { initContainers }),
      containers: [container],
      volumes: [
        storageVolume("model-cache", names.volumeClaim, plan.cache),
        { name: "scratch", emptyDir: { sizeLimit: resources.ephemeralStorage } },
        { name: "shared-memory", emptyDir: { medium: "Memory", sizeLimit: resources.sharedMemory } },
      ],
    },
  };
}

/** Many drivers make a volume root's; given to the user's group, it can be written. On a folder of the node it would do nothing. */
function volumeOwner({ cache, settings: { security } }: Plan) {
  return cache.kind === "claim" && security.runAsUser !== undefined
    ? { fsGroup: security.runAsUser, fsGroupChangePolicy: "OnRootMismatch" }
    : {};
}

/** A folder of the node, or a volume claim, as a volume of the pod. */
export function storageVolume(name: string, claimName: string, storage: Plan["cache"]) {
  return storage.kind === "claim"
    ? { name, persistentVolumeClaim: { claimName } }
    : { name, hostPath: { path: storage.path, type: "DirectoryOrCreate" } };
}

/** Secrets come by environment: an argument can be read by everybody on the node. */
function secretVariables({ apiKey, huggingFace }: Plan): Variable[] {
  const from = (name: string, secret: string, key: string): Variable => ({
    name,
    valueFrom: { secretKeyRef: { name: secret, key } },
  });
  return [
    ...(apiKey ? [from(apiKeyVariable, names.apiKeySecret, secretKeys.apiKey)] : []),
    ...(huggingFace?.kind === "token"
      ? [from("HF_TOKEN", names.huggingFaceSecret, secretKeys.huggingFaceToken)]
      : []),
    ...(huggingFace?.kind === "existing" ? [from("HF_TOKEN", huggingFace.name, huggingFace.key)] : []),
  ];
}

function serverContainer(plan: Plan) {
  const { server, settings } = plan;
  const { resources, security } = settings;
  const cachePath = security.runAsUser === undefined ? rootCachePath : userCachePath;
  const gpus = { "nvidia.com/gpu": String(resources.gpus) };
  return {
    name: containers.server,
    image: server.image,
    imagePullPolicy: server.pullPolicy,
    command: supervised(server),
    args: server.arguments,
    env: [
      { name: "HF_HOME", value: cachePath },
      { name: "VLLM_CACHE_ROOT", value: `${scratchPath}/vllm` },
      { name: "TRITON_CACHE_DIR", value: `${scratchPath}/triton` },
      { name: "TORCHINDUCTOR_CACHE_DIR", value: `${scratchPath}/torchinductor` },
      ...(security.runAsUser === undefined ? [] : [{ name: "HOME", value: scratchPath }]),
      { name: "VLLM_NO_USAGE_STATS", value: "1" },
      ...Object.entries(server.environment).map(([name, value]) => ({ name, value })),
      ...secretVariables(plan),
    ],
    ports: [{ name: "http", containerPort: serverPort, protocol: "TCP" }],
    resources: {
      requests: {
        cpu: resources.cpuRequest,
        memory: resources.memoryRequest,
        "ephemeral-storage": storageRequest,
        ...gpus,
      },
      limits: {
        cpu: resources.cpuLimit,
        memory: resources.memoryLimit,
        "ephemeral-storage": resources.ephemeralStorage,
        ...gpus,
      },
    },
    // The root file system stays writable: the NVIDIA runtime hook writes to it.
    securityContext: leastPrivilege,
    startupProbe: healthProbe(server.probes.startup),
    readinessProbe: healthProbe(server.probes.readiness),
    livenessProbe: healthProbe(server.probes.liveness),
    volumeMounts: [
      { name: "model-cache", mountPath: cachePath },
      { name: "scratch", mountPath: scratchPath },
      { name: "shared-memory", mountPath: "/dev/shm" },
    ],
  };
}

function healthProbe(timings: ProbeTimings) {
  return { httpGet: { path: "/health", port: "http", scheme: "HTTP" }, ...timings };
}
