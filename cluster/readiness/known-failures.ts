import { containers } from "../../stacks/vocabulary/names.ts";
import type { ContainerName } from "./diagnosis.ts";

/** A text that upstream prints when something is known to be wrong, and what that means. */
export interface KnownFailure {
  pattern: RegExp;
  meaning: string;
  fix: string;
  /** The container of which alone it is known. @default both */
  of?: ContainerName;
}

/**
 * Texts of the NVIDIA container runtime, CUDA, PyTorch and vLLM. All are upstream's own words; the numbers are issues
 * in which they were reported, of vLLM unless they name another project. The first that is found decides: PyTorch may
 * print CUDA's own reason as a warning, and then only that it sees no card.
 */
export const knownFailures: readonly KnownFailure[] = [
  {
    pattern: /requirement error: unsatisfied condition/i, // 18813
    meaning: "the image asks for a newer CUDA than the node's driver has",
    fix: "Choose an older image tag or update the driver",
  },
  {
    // NVIDIA/nvidia-container-toolkit 171, 394; NVIDIA/k8s-device-plugin 1431
    pattern:
      /nvml error: driver\/library version mismatch|Failed to initialize NVML: Driver\/library version/i,
    meaning:
      "the node's NVIDIA kernel module and its libraries are of different versions, as after an update",
    fix: "Restart the node",
  },
  {
    pattern: /Error 804|forward compatibility was attempted on non supported HW/i, // 5283, 4940
    meaning: "the image forces CUDA's compatibility libraries, which GeForce cards do not support",
    fix: "Choose an older image tag or update the driver",
  },
  {
    pattern: /Error 803|system has unsupported display driver/i, // 32373, 21979
    meaning: "the image loads a CUDA library that does not match the node's driver",
    fix: "If the driver was updated, restart the node; else avoid image tags v0.15.0 and v0.15.1, or update the driver",
  },
  {
    pattern:
      /driver on your system is too old|CUDA driver version is insufficient|cudaErrorInsufficientDriver/i, // 30633
    meaning: "the node's NVIDIA driver is too old for this image",
    fix: "Update the driver or choose an older image tag",
  },
  {
    // After a suspend, pytorch/pytorch 88639; after an update without restart, AbdBarho/stable-diffusion-webui-docker 388.
    pattern: /CUDA unknown error|CUDA driver initialization failed/i,
    meaning: "the node's driver does not start CUDA for any program, as after a suspend or an update",
    fix: "Restart the node",
  },
  {
    // 8243 (no runtimeClassName), 9420; NVIDIA/nvidia-docker 1234
    pattern: /Found no NVIDIA driver on your system|libcuda\.so\.1: cannot open shared object file/i,
    meaning: "the container was given no NVIDIA driver",
    fix: "See to it that gpuNode.runtimeClass names the NVIDIA runtime, and that the node's container toolkit works",
  },
  {
    pattern: /no CUDA-capable device is detected|No CUDA GPUs are available/i, // 3019, 34296
    meaning: "the driver shows the container no card",
    fix: "Look on the node whether nvidia-smi still lists the card; if not, power the enclosure and restart the node",
  },
  {
    pattern: /no kernel image is available for execution on the device/i, // 4604, 20193
    meaning: "the image has no kernels for a card of this compute capability",
    fix: "Choose an image tag that supports the card",
  },
  {
    // CPython's faulthandler, by which the smoke test ends itself.
    pattern: /^Timeout \(\d+:\d\d:\d\d(\.\d+)?\)!/m,
    of: containers.smokeTest,
    meaning: "CUDA gave no answer within the limit of the smoke test",
    fix: "Look on the node whether nvidia-smi answers, and for Xid errors with dmesg; then restart it",
  },
  {
    pattern: /CUDA out of memory|OutOfMemoryError|CUDA error: out of memory/i, // 19445
    of: containers.smokeTest,
    meaning: "another program holds the card's memory",
    fix: "End it (a game, a desktop program): nvidia-smi on the node names it",
  },
  {
    // docker/model-runner 952; texts of PyTorch and CPython, and of runc for a program that there is not.
    pattern:
      /Torch not compiled with CUDA enabled|No module named 'torch'|exec: "python3": executable file not found/i,
    of: containers.smokeTest,
    meaning: "the image lacks python3 or a PyTorch with CUDA, which the smoke test needs",
    fix: "Set smokeTest to false, or choose another image",
  },
  {
    pattern: /Free memory on device .* is less than desired GPU memory utilization/i, // 20305
    meaning: "another program holds the card's memory",
    fix: "End it (a game, a desktop program), or lower gpuMemoryUtilization",
  },
  {
    pattern:
      /No available memory for the cache blocks|is larger than the maximum number of tokens that can be stored in KV cache/i, // 2418, 16118
    meaning: "the model leaves too little of the card's memory for its context",
    fix: "Lower maxModelLen or choose a smaller model",
  },
  {
    pattern: /CUDA out of memory|OutOfMemoryError/i, // 19445
    meaning: "the card's memory ran out",
    fix: "Lower maxNumSeqs, maxModelLen or gpuMemoryUtilization",
  },
  {
    pattern: /RuntimeClass.*not found/i,
    meaning: "the cluster has no such RuntimeClass",
    fix: "Install the NVIDIA container toolkit on the node and create the RuntimeClass, or name the right one in gpuNode.runtimeClass",
  },
  {
    pattern: /exceeded quota/i,
    meaning: "a ResourceQuota of the namespace forbids the pod",
    fix: "Raise the quota or lower the setting `resources`",
  },
  {
    pattern: /violates PodSecurity/i,
    meaning: "the namespace's Pod Security level forbids a hostPath",
    fix: "Label the namespace pod-security.kubernetes.io/enforce=privileged",
  },
];

/**
 * The known failure that a text shows, if any.
 * @param container the one that printed it; absent where it is the cluster's text.
 */
export function recogniseFailure(text: string, container?: ContainerName): KnownFailure | undefined {
  return knownFailures.find(
    ({ pattern, of }) => (of === undefined || of === container) && pattern.test(text),
  );
}
