/** A text that upstream prints when something is known to be wrong, and what that means. */
export interface KnownFailure {
  pattern: RegExp;
  meaning: string;
  mend: string;
}

/**
 * Texts of the NVIDIA container runtime, CUDA and vLLM. All are upstream's own words; the numbers are vLLM issues
 * in which they were reported.
 */
export const knownFailures: readonly KnownFailure[] = [
  {
    pattern: /requirement error: unsatisfied condition/i, // 18813
    meaning: "the image asks for a newer CUDA than the node's driver has",
    mend: "Choose an older image tag or update the driver",
  },
  {
    pattern: /Error 804|forward compatibility was attempted on non supported HW/i, // 5283, 4940
    meaning: "the image forces CUDA's compatibility libraries, which GeForce cards do not support",
    mend: "Choose an older image tag or update the driver",
  },
  {
    pattern: /Error 803|system has unsupported display driver/i, // 32373
    meaning: "the image loads a CUDA library that does not match the node's driver",
    mend: "Avoid image tags v0.15.0 and v0.15.1, or update the driver",
  },
  {
    pattern:
      /driver on your system is too old|CUDA driver version is insufficient|cudaErrorInsufficientDriver/i, // 30633
    meaning: "the node's NVIDIA driver is too old for this image",
    mend: "Update the driver or choose an older image tag",
  },
  {
    pattern: /Free memory on device .* is less than desired GPU memory utilization/i, // 20305
    meaning: "another program holds the card's memory",
    mend: "End it (a game, a desktop program), or lower gpuMemoryUtilization",
  },
  {
    pattern:
      /No available memory for the cache blocks|is larger than the maximum number of tokens that can be stored in KV cache/i, // 2418, 16118
    meaning: "the model leaves too little of the card's memory for its context",
    mend: "Lower maxModelLen or choose a smaller model",
  },
  {
    pattern: /CUDA out of memory|OutOfMemoryError/i, // 19445
    meaning: "the card's memory ran out",
    mend: "Lower maxNumSeqs, maxModelLen or gpuMemoryUtilization",
  },
  {
    pattern: /RuntimeClass.*not found/i,
    meaning: "the cluster has no such RuntimeClass",
    mend: "Install the NVIDIA container toolkit on the node and create the RuntimeClass, or name the right one in gpuNode.runtimeClass",
  },
  {
    pattern: /exceeded quota/i,
    meaning: "a ResourceQuota of the namespace forbids the pod",
    mend: "Raise the quota or lower the setting `resources`",
  },
  {
    pattern: /violates PodSecurity/i,
    meaning: "the namespace's Pod Security level forbids a hostPath",
    mend: "Label the namespace pod-security.kubernetes.io/enforce=privileged",
  },
];

/** The known failure that a text shows, if any. */
export function recogniseFailure(text: string): KnownFailure | undefined {
  return knownFailures.find(({ pattern }) => pattern.test(text));
}
