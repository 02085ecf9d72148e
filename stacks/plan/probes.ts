/** Timings of one Kubernetes probe, in seconds; every field is set, so that no default hides in them. */
export interface ProbeTimings {
  initialDelaySeconds: number;
  periodSeconds: number;
  timeoutSeconds: number;
  failureThreshold: number;
  successThreshold: number;
}

export interface ProbePlan {
  startup: ProbeTimings;
  readiness: ProbeTimings;
  liveness: ProbeTimings;
  /** Longest time a start may take before the kubelet kills it, in seconds. */
  startupBudgetSeconds: number;
}

/** Loss of the GPU server must be noticed within this many seconds, by the requirements of the reference setup. */
export const lossNoticedWithinSeconds = 10;

/** How long endpoints take to follow a pod that turned unready, in seconds (observed on a quiet cluster: below 1). */
const endpointDelaySeconds = 1;

/** Bytes a second that a home's internet connection brings, for a first run: 64 Mbit/s. */
const downloadBytesPerSecond = 8_000_000;

/** Seconds that pulling the image may take on a first run: some 9 GB at 64 Mbit/s. */
export const imagePullBudgetSeconds = 1200;

/** Seconds beyond the limit until the cluster must know of the smoke test's end: its container starts and ends, too. */
const smokeTestReportSeconds = 30;

/** Seconds that a pod may spend on its smoke test; 0 where it has none. */
export function smokeTestBudgetSeconds(smokeTest: { limitSeconds: number } | undefined): number {
  return smokeTest === undefined ? 0 : smokeTest.limitSeconds + smokeTestReportSeconds;
}

/** Bytes a second from disk to card: R1's 5.2 GiB were served 90 s after the start, engine start included. */
const loadBytesPerSecond = 60_000_000;

/** Time for Python, CUDA and the engine to come up, in seconds, whatever the model's size. */
const engineStartSeconds = 60;

/**
 * Worst case from a hang to the Service no longer sending requests, in seconds. A probe that hangs is given up
 * after its timeout; the next starts a period later, or at once where the timeout is the longer.
 */
export function noticedAfterSeconds(probe: ProbeTimings): number {
  const { periodSeconds, timeoutSeconds, failureThreshold } = probe;
  return (
    periodSeconds +
    (failureThreshold - 1) * Math.max(periodSeconds, timeoutSeconds) +
    timeoutSeconds +
    endpointDelaySeconds
  );
}

/** Seconds that a start with the model's files already on the node is given: 5 minutes, or longer for large models. */
export function warmStartSeconds(weightBytes: number): number {
  return Math.max(300, wholeMinutes(engineStartSeconds + weightBytes / loadBytesPerSecond));
}

/** Seconds that a load usually takes with the model's files on the node, to the nearest ten; promised to nobody. */
export function usualLoadSeconds(weightBytes: number): number {
  return Math.max(10, Math.round(weightBytes / loadBytesPerSecond / 10) * 10);
}

/** Seconds that a first start is given, download included: 15 minutes for a 7B AWQ model. */
function firstStartSeconds(weightBytes: number): number {
  return Math.max(
    300,
    wholeMinutes(
      engineStartSeconds + weightBytes / loadBytesPerSecond + weightBytes / downloadBytesPerSecond,
    ),
  );
}

/**
 * The three probes, all on `/health`. The server opens its port only once the model is loaded. They judge the process that
 * answers; the engine behind it is the supervisor's.
 */
export function planProbes(weightBytes: number): ProbePlan {
  const startupBudgetSeconds = firstStartSeconds(weightBytes);
  const periodSeconds = 5;
  return {
    startup: {
      initialDelaySeconds: 0,
      periodSeconds,
      timeoutSeconds: 5,
      failureThreshold: startupBudgetSeconds / periodSeconds,
      successThreshold: 1,
    },
    // One late answer counts, but it may be late: busy servers were reported to take 2 to 5 s, a dead one refuses at once.
    readiness: {
      initialDelaySeconds: 0,
      periodSeconds: 2,
      timeoutSeconds: 6,
      failureThreshold: 1,
      successThreshold: 1,
    },
    // Slower to judge than readiness: a busy server must lose requests for a while before it is killed.
    liveness: {
      initialDelaySeconds: 0,
      periodSeconds: 10,
      timeoutSeconds: 10,
      failureThreshold: 6,
      successThreshold: 1,
    },
    startupBudgetSeconds,
  };
}

function wholeMinutes(seconds: number): number {
  return Math.ceil(seconds / 60) * 60;
}
