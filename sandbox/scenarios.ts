import {
  endingGpuPod,
  healthyGpuPod,
  imageMissingGpuPod,
  neverReadyGpuPod,
  ordinaryPodStages,
  type Timing,
} from "./stages/pod.ts";
import type { Stage } from "./stages/stage.ts";

/** What happens to pods with a GPU. */
export interface Scenario {
  readonly name: ScenarioName;
  /** Seconds from a container's start to readiness. Default 3. */
  readonly loadSeconds?: number;
  /** Seconds that a pod takes to end. Default 1. */
  readonly stopSeconds?: number;
  /** Seconds that a container runs before it ends. Default 1; `crash-loop` and `out-of-memory` only. */
  readonly runSeconds?: number;
  /** Seconds from the second end on until the next restart. Default 5; `crash-loop` and `out-of-memory` only. */
  readonly backOffSeconds?: number;
  /** Default 1; `crash-loop` only. */
  readonly exitCode?: number;
  /** Log lines of the container, in place of the scenario's own. */
  readonly log?: readonly string[];
}

export const scenarioNames = [
  "healthy",
  "image-missing",
  "crash-loop",
  "never-ready",
  "out-of-memory",
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

/** One line each, for `--help` and the README. */
export const scenarioDescriptions: Readonly<Record<ScenarioName, string>> = {
  healthy: "the image is pulled, the model loads, the server answers",
  "image-missing": "the registry does not know the image (ErrImagePull, ImagePullBackOff)",
  "crash-loop": "the server ends soon after each start (CrashLoopBackOff)",
  "never-ready": "the server runs, and its probes never succeed",
  "out-of-memory": "the kernel ends the server for its memory (OOMKilled)",
};

export function stagesOf(scenario: Scenario): Stage[] {
  return [...ordinaryPodStages(), ...gpuPodStages(scenario)];
}

function gpuPodStages(scenario: Scenario): Stage[] {
  const timing: Timing = { loadSeconds: scenario.loadSeconds ?? 3, stopSeconds: scenario.stopSeconds ?? 1 };
  const rhythm = { runSeconds: scenario.runSeconds ?? 1, backOffSeconds: scenario.backOffSeconds ?? 5 };
  switch (scenario.name) {
    case "healthy":
      return healthyGpuPod(timing);
    case "image-missing":
      return imageMissingGpuPod(timing);
    case "never-ready":
      return neverReadyGpuPod(timing);
    case "crash-loop":
      return endingGpuPod({
        ...timing,
        ...rhythm,
        ending: { reason: "Error", exitCode: scenario.exitCode ?? 1 },
      });
    case "out-of-memory":
      return endingGpuPod({ ...timing, ...rhythm, ending: { reason: "OOMKilled", exitCode: 137 } });
  }
}

const simulated = "INFO 01-01 00:00:00 simulated by the vllm-platform sandbox: no model is loaded";

/** What `kubectl logs` shows of a pod with a GPU. */
export function logOf(scenario: Scenario): readonly string[] {
  if (scenario.log !== undefined) return scenario.log;
  switch (scenario.name) {
    case "healthy":
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
