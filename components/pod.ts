import type { types } from "@pulumi/kubernetes";
import { modeLabel, names, selectorLabels, serverPort } from "../stacks/names.ts";
import type { Plan } from "../stacks/plan.ts";
import type { ProbeTimings } from "../stacks/probes.ts";
import { commonLabels } from "./metadata.ts";

type PodTemplate = types.input.core.v1.PodTemplateSpec;
type Container = types.input.core.v1.Container;

/** Where the image, running as root, looks for model files. */
const rootCachePath = "/root/.cache/huggingface";
/** The same for any other user, who may not enter root's home. */
const userCachePath = "/var/cache/huggingface";
/** Scratch for compiled kernels and the like; lost with the pod. */
const scratchPath = "/var/cache/vllm";

/** Seconds between the pod leaving the Service and the server's SIGTERM, so that no request meets a closed port. */
const preStopSeconds = 5;
/** Gaming mode must have the GPU within 30 s, so a pod that will not stop is killed before that. */
const terminationGraceSeconds = 25;

/** The server's pod. */
export function podTemplate(plan: Plan): PodTemplate {
  const { server, settings } = plan;
  const { gpuNode, resources, security } = settings;
  return {
    metadata: {
      labels: { ...commonLabels("llm-inference"), ...selectorLabels, [modeLabel]: server.mode },
    },
    spec: {
      runtimeClassName: gpuNode.runtimeClass,
      nodeSelector: gpuNode.selector,
      tolerations: [{ ...gpuNode.taint, operator: "Equal" }],
      terminationGracePeriodSeconds: terminationGraceSeconds,
      // Kubernetes would set VLLM_* variables for Services, and vLLM reads such names as its own settings.
      enableServiceLinks: false,
      automountServiceAccountToken: false,
      securityContext: {
        seccompProfile: { type: "RuntimeDefault" },
        ...(security.runAsUser === undefined ? {} : { runAsUser: security.runAsUser, runAsNonRoot: true }),
      },
      containers: [serverContainer(plan)],
      volumes: [
        { name: "model-cache", ...modelCache(plan.cache) },
        { name: "scratch", emptyDir: {} },
        { name: "shared-memory", emptyDir: { medium: "Memory", sizeLimit: resources.sharedMemory } },
      ],
    },
  };
}

function modelCache(cache: Plan["cache"]) {
  return cache.kind === "hostPath"
    ? { hostPath: { path: cache.path, type: "DirectoryOrCreate" } }
    : { persistentVolumeClaim: { claimName: names.volumeClaim } };
}

function serverContainer(plan: Plan): Container {
  const { server, settings } = plan;
  const { resources, security } = settings;
  const cachePath = security.runAsUser === undefined ? rootCachePath : userCachePath;
  const gpus = { "nvidia.com/gpu": String(resources.gpus) };
  return {
    name: "vllm",
    image: server.image,
    imagePullPolicy: server.pullPolicy,
    args: server.arguments,
    env: [
      { name: "HF_HOME", value: cachePath },
      { name: "VLLM_CACHE_ROOT", value: `${scratchPath}/vllm` },
      { name: "TRITON_CACHE_DIR", value: `${scratchPath}/triton` },
      { name: "TORCHINDUCTOR_CACHE_DIR", value: `${scratchPath}/torchinductor` },
      ...(security.runAsUser === undefined ? [] : [{ name: "HOME", value: scratchPath }]),
      { name: "VLLM_NO_USAGE_STATS", value: "1" },
    ],
    ports: [{ name: "http", containerPort: serverPort, protocol: "TCP" }],
    resources: {
      requests: { cpu: resources.cpuRequest, memory: resources.memoryRequest, ...gpus },
      limits: { cpu: resources.cpuLimit, memory: resources.memoryLimit, ...gpus },
    },
    // The root file system stays writable: the NVIDIA runtime hook writes to it.
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    startupProbe: healthProbe(server.probes.startup),
    readinessProbe: healthProbe(server.probes.readiness),
    livenessProbe: healthProbe(server.probes.liveness),
    lifecycle: { preStop: { exec: { command: ["sleep", String(preStopSeconds)] } } },
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
