import type { KnownFailure } from "./known-failure.ts";

/** The cluster's own words where no pod can be made. */
export const clusterFailures: readonly KnownFailure[] = [
  {
    pattern: /RuntimeClass.*not found/i,
    meaning: "the cluster has no such RuntimeClass",
    fix: "Install the NVIDIA container toolkit on the node and create the RuntimeClass, or name the right one in gpuNode.runtimeClass",
    sample: 'pods "vllm-server-6d4b9c7f9-" is forbidden: pod rejected: RuntimeClass "nvidia" not found',
  },
  {
    pattern: /exceeded quota/i,
    meaning: "a ResourceQuota of the namespace forbids the pod",
    fix: "Raise the quota or lower the setting `resources`",
    sample:
      'pods "vllm-server-6d4b9c7f9-x2x8q" is forbidden: exceeded quota: small, requested: limits.memory=16Gi, used: limits.memory=0, limited: limits.memory=8Gi',
  },
  {
    pattern: /violates PodSecurity/i,
    meaning: "the namespace's Pod Security level does not admit the server's pod",
    fix: "Run `gpu-mode doctor`: its item Pod Security names the level that admits the pod, and settings that need less",
    sample:
      'pods "vllm-server-6d4b9c7f9-x2x8q" is forbidden: violates PodSecurity "baseline:latest": hostPath volumes (volume "model-cache")',
  },
];
