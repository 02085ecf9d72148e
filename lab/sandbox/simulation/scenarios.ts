import {
  endingGpuPod,
  healthyGpuPod,
  imageMissingGpuPod,
  neverReadyGpuPod,
  ordinaryPodStages,
  type Timing,
} from "../stages/pod.ts";
import type { Stage } from "../stages/stage.ts";

/** What happens to pods with a GPU. */
export interface Scenario {
  readonly name: ScenarioName;
  /** Seconds from a container's start to readiness. Default 3. */
  readonly loadSeconds?: number;
  /** Seconds that a pod takes to end. Default 1. */
  readonly stopSeconds?: number;
  /** Seconds that a container runs before it ends, where the scenario has one that does. Default 1. */
  readonly runSeconds?: number;
  /**
   * Seconds from a container's second end on until it runs again. Default 5, and 0.5 where it fails no more: what was
   * fixed is not made to wait.
   */
  readonly backOffSeconds?: number;
  /** Default 1; `crash-loop` and `smoke-test-fails` only. */
  readonly exitCode?: number;
  /** Log lines of the server, or of a smoke test that fails, in place of the scenario's own. */
  readonly log?: readonly string[];
}

export const scenarioNames = [
  "healthy",
  "image-missing",
  "crash-loop",
  "never-ready",
  "out-of-memory",
  "smoke-test-fails",
  "smoke-test-hangs",
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

/** One line each, for `--help` and the README. */
export const scenarioDescriptions: Readonly<Record<ScenarioName, string>> = {
  healthy: "the image is pulled, the model loads, the server answers",
  "image-missing": "the registry does not know the image (ErrImagePull, ImagePullBackOff)",
  "crash-loop": "the server ends soon after each start (CrashLoopBackOff)",
  "never-ready": "the server runs, and its probes never succeed",
  "out-of-memory": "the kernel ends the server for its memory (OOMKilled)",
  "smoke-test-fails": "the smoke test of CUDA fails, where the mode has one (Init:CrashLoopBackOff)",
  "smoke-test-hangs": "the smoke test of CUDA hangs until its own limit ends it",
};

export function stagesOf(scenario: Scenario): Stage[] {
  return [...ordinaryPodStages(), ...gpuPodStages(scenario)];
}

/** The scenarios in which a container fails, again and again. */
const failing: readonly ScenarioName[] = [
  "crash-loop",
  "out-of-memory",
  "smoke-test-fails",
  "smoke-test-hangs",
];

function gpuPodStages(scenario: Scenario): Stage[] {
  const { name, exitCode = 1, runSeconds = 1 } = scenario;
  const timing: Timing = {
    loadSeconds: scenario.loadSeconds ?? 3,
    stopSeconds: scenario.stopSeconds ?? 1,
    backOffSeconds: scenario.backOffSeconds ?? (failing.includes(name) ? 5 : 0.5),
  };
  switch (name) {
    case "healthy":
      return healthyGpuPod(timing);
    case "image-missing":
      return imageMissingGpuPod(timing);
    case "never-ready":
      return neverReadyGpuPod(timing);
    case "crash-loop":
      return endingGpuPod(timing, { runSeconds, ending: { reason: "Error", exitCode } });
    case "out-of-memory":
      return endingGpuPod(timing, { runSeconds, ending: { reason: "OOMKilled", exitCode: 137 } });
    case "smoke-test-fails":
      return healthyGpuPod(timing, { runSeconds, ending: { reason: "Error", exitCode } });
    case "smoke-test-hangs":
      return healthyGpuPod(timing, { runSeconds, ending: { reason: "Error", exitCode: 1 } });
  }
}

const simulated = "INFO 01-01 00:00:00 simulated by the vllm-platform sandbox: no model is loaded";

const failingTests: readonly ScenarioName[] = ["smoke-test-fails", "smoke-test-hangs"];

/** What `kubectl logs` shows of a pod with a GPU. */
export function logOf(scenario: Scenario): readonly string[] {
  if (scenario.log !== undefined && !failingTests.includes(scenario.name)) return scenario.log;
  switch (scenario.name) {
    case "healthy":
    case "smoke-test-fails":
    case "smoke-test-hangs":
      return [
        simulated,
        "INFO:     Application startup complete.",
        "INFO:     Uvicorn running on http://0.0.0.0:8000",
      ];
    case "crash-loop":
      return [
        simulated,
        "Traceback (most recent call last):",
        '  File "/usr/local/bin/vllm", line 8, in <module>',
        "    sys.exit(main())",
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.02 GiB. GPU 0 has a total capacity of 11.76 GiB of which 512.00 MiB is free.",
      ];
    default:
      return [simulated, "INFO 01-01 00:00:00 Loading model weights"];
  }
}

/** What `kubectl logs -c smoke-test` shows of it. */
export function smokeTestLogOf(scenario: Scenario): readonly string[] {
  if (scenario.log !== undefined && failingTests.includes(scenario.name)) return scenario.log;
  switch (scenario.name) {
    case "smoke-test-fails":
      return [
        simulated,
        "Traceback (most recent call last):",
        '  File "<string>", line 21, in <module>',
        '  File "/usr/local/lib/python3.12/dist-packages/torch/cuda/__init__.py", line 319, in _lazy_init',
        "    torch._C._cuda_init()",
        "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already set an error? Error 804: forward compatibility was attempted on non supported HW",
      ];
    case "smoke-test-hangs":
      return [
        simulated,
        "Timeout (0:02:00)!",
        "Thread 0x00007f2c4e8ae000 (most recent call first):",
        '  File "/usr/local/lib/python3.12/dist-packages/torch/cuda/__init__.py", line 319 in _lazy_init',
        '  File "<string>", line 21 in <module>',
      ];
    default:
      return [
        simulated,
        '{"torch": "2.6.0+cu124", "cuda": "12.4", "cards": [{"name": "NVIDIA GeForce RTX 3060", "computeCapability": "8.6", "memoryMiB": 12044}]}',
      ];
  }
}
