/** What is told only by events: why the kubelet cannot make a pod's containers at all, and why the controller cannot make a pod now. */
import type { CoreV1Event } from "@kubernetes/client-node";
import { names } from "../../stacks/vocabulary/names.ts";
import { ApiError, type ClusterApi } from "../api/index.ts";
import { type Diagnosis, noPodCanBeMade } from "./diagnosis.ts";
import { recogniseTold } from "./known-failures/index.ts";

/** How often they are read, in milliseconds: a pull may take long, and has no need of it. */
const readEveryMs = 1000;

const eventsPath = `/api/v1/namespaces/${names.namespace}/events`;

/** Adds to a diagnosis what events say of the pod that is being made, or why none can be. */
export type Refine = (diagnosis: Diagnosis) => Promise<Diagnosis>;

/** @param now milliseconds, as `Date.now` has them */
export function refineByEvents(api: ClusterApi, now: () => number = Date.now): Refine {
  let last: { of: string; readAt: number; said: string | undefined } | undefined;
  const saidOf = async (of: string, judge: (events: readonly CoreV1Event[]) => string | undefined) => {
    if (last?.of !== of || now() - last.readAt >= readEveryMs) {
      last = { of, readAt: now(), said: judge(await readEvents(api, of)) };
    }
    return last.said;
  };
  return async (diagnosis) => {
    if (diagnosis.state === "failed" && diagnosis.unmade) {
      const why = await saidOf("involvedObject.kind=ReplicaSet,reason=FailedCreate", refusalIn);
      return why === undefined ? diagnosis : { ...diagnosis, detail: noPodCanBeMade(why) };
    }
    if (diagnosis.state !== "waiting" || diagnosis.making === undefined) {
      return diagnosis;
    }
    const { making: pod } = diagnosis;
    const trouble = await saidOf(`involvedObject.kind=Pod,involvedObject.name=${pod}`, troubleIn);
    if (trouble === undefined) {
      return diagnosis;
    }
    // Anything else may pass: a volume that is still attached elsewhere, a network that is not ready yet.
    return recogniseTold(trouble) === undefined
      ? { ...diagnosis, detail: trouble, trouble }
      : { state: "failed", detail: trouble, retried: pod };
  };
}

/** None where these credentials may not list them: everything else that is told needs no events. */
async function readEvents(api: ClusterApi, fields: string): Promise<CoreV1Event[]> {
  const list = await api
    .get<{ items: CoreV1Event[] }>(`${eventsPath}?fieldSelector=${encodeURIComponent(fields)}`)
    .catch((error: unknown) => {
      if (error instanceof ApiError && error.code === 403) {
        return undefined;
      }
      throw error;
    });
  return list?.items ?? [];
}

/**
 * Why the server's last pod could not be made. While one failure follows the other, the conditions of Deployment and ReplicaSet go on
 * with the words of the first, which may have been another mode's (Kubernetes, SetDeploymentCondition). Pure.
 */
function refusalIn(events: readonly CoreV1Event[]): string | undefined {
  const [last] = events
    .filter(({ involvedObject }) => involvedObject.name?.startsWith(`${names.deployment}-`))
    .toSorted((a, b) => timeOf(b) - timeOf(a));
  return last?.message?.replace(/^.*?Error creating: /, "").trim();
}

/** The scheduler's: of a pod that has a node they tell nothing, and their times are of another machine's clock. */
const ofScheduler: readonly string[] = ["Scheduled", "FailedScheduling"];

/** A pull that failed, or a container: both also stand in the pod's status, which tells whether they may pass. */
const inStatus: readonly string[] = ["Failed", "BackOff"];

/**
 * The last event of a pod that has a node, where it is a warning: what went well since is told by one, too. Of two in the same second
 * the warning is the older one, as the kubelet begins with the next step at once, and tries again only later. Pure.
 */
export function troubleIn(events: readonly CoreV1Event[]): string | undefined {
  const [last] = events
    .filter(({ reason }) => !ofScheduler.includes(reason ?? ""))
    .toSorted((a, b) => timeOf(b) - timeOf(a) || rank(a) - rank(b));
  return last?.type === "Warning" && !inStatus.includes(last.reason ?? "")
    ? `${last.reason}: ${last.message?.trim()}`
    : undefined;
}

/** In whole seconds, as kubelet and controllers tell no others. As the API gives it, a time is text. */
function timeOf({ series, lastTimestamp, eventTime, firstTimestamp }: CoreV1Event): number {
  const time = Date.parse(String(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? firstTimestamp));
  return Math.floor((time || 0) / 1000);
}

/** Of several within one second. */
const rank = ({ type }: CoreV1Event): number => Number(type === "Warning");
