import { containers } from "../../../stacks/vocabulary/names.ts";
import type { KnownFailure } from "./known-failure.ts";

/**
 * Texts of the NVIDIA container runtime, CUDA and PyTorch. All are upstream's own words; the numbers are issues in which they
 * were reported, of vLLM unless they name another project.
 */
export const driverFailures: readonly KnownFailure[] = [
  {
    pattern: /requirement error: unsatisfied condition/i, // 18813
    meaning: "the image asks for a newer CUDA than the node's driver has",
    fix: "Choose an older image tag or update the driver",
    sample:
      "nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.8, please update your driver to a newer version, or use an earlier cuda container: unknown",
  },
  {
    // NVIDIA/nvidia-container-toolkit 171, 394; NVIDIA/k8s-device-plugin 1431
    pattern:
      /nvml error: driver\/library version mismatch|Failed to initialize NVML: Driver\/library version/i,
    meaning:
      "the node's NVIDIA kernel module and its libraries are of different versions, as after an update",
    fix: "Restart the node",
    sample:
      "nvidia-container-cli: initialization error: nvml error: driver/library version mismatch: unknown",
  },
  {
    pattern: /Error 804|forward compatibility was attempted on non supported HW/i, // 5283, 4940
    meaning: "the image forces CUDA's compatibility libraries, which GeForce cards do not support",
    fix: "Choose an older image tag or update the driver",
    sample:
      "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already set an error? Error 804: forward compatibility was attempted on non supported HW",
  },
  {
    pattern: /Error 803|system has unsupported display driver/i, // 32373, 21979
    meaning: "the image loads a CUDA library that does not match the node's driver",
    fix: "If the driver was updated, restart the node; else avoid image tags v0.15.0, v0.15.1 and v0.16.0, or update the driver",
    sample:
      "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already set an error? Error 803: system has unsupported display driver / cuda driver combination",
  },
  {
    pattern:
      /driver on your system is too old|CUDA driver version is insufficient|cudaErrorInsufficientDriver/i, // 30633
    meaning: "the node's NVIDIA driver is too old for this image",
    fix: "Update the driver or choose an older image tag",
    sample:
      "RuntimeError: The NVIDIA driver on your system is too old (found version 12020). Please update your GPU driver by downloading and installing a new version",
  },
  {
    // After a suspend, pytorch/pytorch 88639; after an update without restart, AbdBarho/stable-diffusion-webui-docker 388.
    pattern: /CUDA unknown error|CUDA driver initialization failed/i,
    meaning: "the node's driver does not start CUDA for any program, as after a suspend or an update",
    fix: "Restart the node",
    sample:
      "RuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment, e.g. changing env variable CUDA_VISIBLE_DEVICES after program start. Setting the available devices to be zero.",
  },
  {
    // 8243 (no runtimeClassName), 9420; NVIDIA/nvidia-docker 1234
    pattern: /Found no NVIDIA driver on your system|libcuda\.so\.1: cannot open shared object file/i,
    meaning: "the container was given no NVIDIA driver",
    fix: "See to it that gpuNode.runtimeClass names the NVIDIA runtime, and that the node's container toolkit works",
    sample:
      "RuntimeError: Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver from http://www.nvidia.com/Download/index.aspx",
  },
  {
    pattern: /no CUDA-capable device is detected|No CUDA GPUs are available/i, // 3019, 34296
    meaning: "the driver shows the container no card",
    fix: "Look on the node whether nvidia-smi still lists the card; if not, power the enclosure and restart the node",
    sample: "RuntimeError: No CUDA GPUs are available",
  },
  {
    pattern: /no kernel image is available for execution on the device/i, // 4604, 20193
    meaning: "the image has no kernels for a card of this compute capability",
    fix: "Choose an image tag that supports the card",
    sample: "RuntimeError: CUDA error: no kernel image is available for execution on the device",
  },
  {
    // CPython's faulthandler, by which the smoke test ends itself.
    pattern: /^Timeout \(\d+:\d\d:\d\d(\.\d+)?\)!/m,
    of: containers.smokeTest,
    meaning: "CUDA gave no answer within the limit of the smoke test",
    fix: "Look on the node whether nvidia-smi answers, and for Xid errors with dmesg; then restart it",
    sample: "Timeout (0:02:00)!",
  },
  {
    pattern: /CUDA out of memory|OutOfMemoryError|CUDA error: out of memory/i, // 19445
    of: containers.smokeTest,
    meaning: "another program holds the card's memory",
    fix: "End it (a game, a desktop program): nvidia-smi on the node names it",
    sample:
      "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 16.00 KiB. GPU 0 has a total capacity of 11.76 GiB of which 2.56 MiB is free.",
  },
  {
    // docker/model-runner 952; texts of PyTorch and CPython, and of runc for a program that there is not.
    pattern:
      /Torch not compiled with CUDA enabled|No module named 'torch'|exec: "python3": executable file not found/i,
    of: containers.smokeTest,
    meaning: "the image lacks python3 or a PyTorch with CUDA, which the smoke test needs",
    fix: "Set smokeTest to false, or choose another image",
    sample: "ModuleNotFoundError: No module named 'torch'",
  },
];
