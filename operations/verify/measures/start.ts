/** The last start of the server: how long it took, and what memory it found against what the gate had reckoned. */
import type { V1Pod } from "@kubernetes/client-node";
import type { ClusterApi } from "../../../cluster/api/index.ts";
import { podPath } from "../../../cluster/gpu-node/snapshot.ts";
import { allowed } from "../../../cluster/server/rights.ts";
import { readStartLog, type StartLog } from "../../../cluster/server/start-log.ts";
import { bytesOf } from "../../../stacks/gates/memory.ts";
import type { Plan } from "../../../stacks/plan/index.ts";
import { targetsOf } from "../../../stacks/plan/targets.ts";
import { containers, names } from "../../../stacks/vocabulary/names.ts";
import { type Measurement, measured, orWhy } from "../base/report.ts";

/** How much of the log is read, from its beginning, in bytes: a start prints a few ten thousand. */
const limitBytes = String(512 * 1024);

const gibibyte = 1024 ** 3;

/** @param api undefined where the cluster is out of reach */
export async function measureStart(
  api: ClusterApi | undefined,
  pod: string | undefined,
  plan: Plan,
  signal: AbortSignal,
): Promise<Measurement[]> {
  const read =
    api === undefined || pod === undefined
      ? new Error("the server's pod is not known")
      : await orWhy(signal, readStart(api, pod));
  return startMeasurements(plan, read);
}

interface Start extends StartLog {
  /** When the server's container started. */
  startedAt: Date | undefined;
  /** When its pod turned ready the last time. */
  turnedReadyAt: Date | undefined;
}

async function readStart(api: ClusterApi, pod: string): Promise<Start> {
  const query = new URLSearchParams({ container: containers.server, timestamps: "true", limitBytes });
  const [live, log] = await Promise.all([
    api.get<V1Pod>(podPath(pod)),
    allowed(
      api.text(`${podPath(pod)}/log?${query}`),
      `read the logs of pods in ${names.namespace}`,
      "`get` on pods/log",
    ),
  ]);
  const container = live?.status?.containerStatuses?.find(({ name }) => name === containers.server);
  const ready = live?.status?.conditions?.find(({ type, status }) => type === "Ready" && status === "True");
  return {
    ...readStartLog(log),
    startedAt: time(container?.state?.running?.startedAt),
    turnedReadyAt: time(ready?.lastTransitionTime),
  };
}

const time = (value: unknown): Date | undefined => (value ? new Date(String(value)) : undefined);

/** Pure. @param start what is known of it, or why nothing is */
export function startMeasurements(plan: Plan, start: Start | Error): Measurement[] {
  const { load: target } = targetsOf(plan);
  const [seconds, note] = loadOf(start);
  const { budget, known } = plan.gates.memory;
  const compared = (found: number | undefined): number | Error =>
    start instanceof Error
      ? start
      : start.device === "CPU"
        ? new Error("the engine ran on the CPU, and the gate reckons a card")
        : (found ?? new Error("the server's log does not tell (any more)"));
  const { weightsGiB, keyValueGiB, keyValueTokens } = start instanceof Error ? {} : start;
  const room =
    keyValueTokens ??
    (keyValueGiB === undefined ? undefined : Math.floor((keyValueGiB * gibibyte) / budget.bytesPerToken));
  return [
    measured("load", "s", seconds, { target, note }),
    measured("weights", "GiB", compared(weightsGiB), {
      reckoned: bytesOf(budget.terms, "weights") / gibibyte,
    }),
    measured("keyValueCache", "tokens", compared(room), known ? { reckoned: budget.keyValueTokens } : {}),
  ];
}

/** From the container's start to the server's own word, else to the pod's readiness. */
function loadOf(start: Start | Error): [number | Error, string] {
  if (start instanceof Error) {
    return [start, ""];
  }
  const { startedAt, readyAt, turnedReadyAt } = start;
  if (startedAt === undefined) {
    return [new Error("the cluster does not say when the container started"), ""];
  }
  const since = (moment: Date | undefined): number | undefined =>
    moment === undefined || moment < startedAt ? undefined : (moment.getTime() - startedAt.getTime()) / 1000;
  const [byLog, byPod] = [since(readyAt), since(turnedReadyAt)];
  if (byLog !== undefined) {
    return [byLog, "by the server's log"];
  }
  return byPod === undefined
    ? [new Error("neither its log nor its pod tells when it was ready"), ""]
    : [byPod, "by the pod's readiness, as its log does not tell"];
}
