import type { KnownFailure } from "./known-failure.ts";

/** The cluster's own words where no pod can be made, and its node's where no container can be, or where it has ended a pod. */
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
  {
    pattern: /no runtime for "([^"]+)" is configured/,
    meaning: "the node's container runtime knows no such handler",
    fix: "Install the NVIDIA container toolkit on the node and start k3s there anew, which then finds it, or name the right RuntimeClass in gpuNode.runtimeClass",
    sample:
      'FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: code = Unknown desc = unable to get OCI runtime for sandbox "553c1f87": no runtime for "nvidia" is configured',
  },
  {
    pattern: /\b429 Too Many Requests|toomanyrequests/i,
    meaning: "the image's registry was asked too often from this address, and refuses for a while",
    fix: "Wait some hours and switch again; with an account it allows more: name it on the node in /etc/rancher/k3s/registries.yaml, and start k3s there anew",
    sample:
      'ErrImagePull: failed to pull and unpack image "docker.io/vllm/vllm-openai:v0.8.5.post1": failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/vllm/vllm-openai/manifests/sha256:c48cf118e1e6: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
  },
  {
    pattern: /no space left on device/i,
    meaning: "the node's disk is full on which it keeps images and what pods write",
    fix: "Make room there: `df -h /var/lib/rancher` says how much there is, `k3s crictl rmi --prune` removes the images that no pod uses",
    sample:
      'ErrImagePull: failed to pull and unpack image "docker.io/vllm/vllm-openai:v0.8.5.post1": failed to extract layer sha256:8c8b7b8e0a5d: write /var/lib/rancher/k3s/agent/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/61/fs/usr/lib/libtorch_cuda.so: no space left on device: unknown',
  },
  {
    pattern: /hostPath type check failed: (\S+) is not a directory/,
    meaning: "on the node, the cache's path is not that of a folder",
    fix: "Remove what lies at $1 there, or name another path in cache.hostPath",
    sample:
      'FailedMount: MountVolume.SetUp failed for volume "model-cache" : hostPath type check failed: /var/lib/vllm/huggingface is not a directory',
  },
  {
    pattern: /exceeds the (?:total )?limit|exceeded its local ephemeral storage limit/,
    meaning: "the server has filled more of the node's disk than it may, model files not counted",
    fix: "Raise resources.ephemeralStorage, or look what it writes",
    sample: 'Usage of EmptyDir volume "scratch" exceeds the limit "16Gi".',
  },
  {
    pattern: /Allocate failed due to|Node didn't have enough resource: nvidia\.com/,
    meaning: "the node does not give the pod the card that the cluster counts there",
    fix: "Run `gpu-mode doctor`: it says what the node has, and whether its device plugin has to be started anew",
    sample:
      "UnexpectedAdmissionError: Pod was rejected: Allocate failed due to requested number of devices unavailable for nvidia.com/gpu. Requested: 1, Available: 0, which is unexpected",
  },
  {
    pattern: /The node was low on resource: (\S+?)\./,
    meaning: "the node has run short of it, and has ended the pod to have some again",
    fix: "Make room there; gpu-mode doctor says what the node reports, and when it takes pods again",
    sample:
      "The node was low on resource: ephemeral-storage. Threshold quantity: 5% of 100Gi, available: 4Gi. Container vllm was using 12Ki, request is 1Gi, has larger consumption of ephemeral-storage.",
  },
];
