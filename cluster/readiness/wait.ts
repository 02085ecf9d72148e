import { setTimeout as sleep } from "node:timers/promises";
import { names } from "../../stacks/vocabulary/names.ts";
import { type ClusterApi, type LiveObject, UnreachableError } from "../api/index.ts";
import { readDeployment } from "../claim/index.ts";
import { podPath, readSnapshot, type Snapshot } from "../gpu-node/snapshot.ts";
import { readOllama } from "../server/ollama.ts";
import { type Answer, askServer, explain } from "./answer.ts";
import { type Diagnosis, diagnose, type Failed, type Phase } from "./diagnosis.ts";
import { scaleToZero } from "./free-gpu.ts";
import type { ReadinessGoal } from "./goal.ts";
import { whoScaledUp, whyStaying } from "./kept-busy.ts";
import { refineByEvents } from "./pod-events.ts";
import { type EndedPod, endedByNode } from "./pods.ts";

/**
 * What a wait ended with. `warning`: the mode is declared, but the node cannot show it now. `superseded`: a later switch has
 * taken the GPU.
 */
export interface Outcome {
  state: "reached" | "warning" | "failed" | "superseded";
  detail: string;
}

/** How often the cluster is asked, in milliseconds: at first, when most changes are through, and later. */
const askEveryMs = { first: 100, later: 250 } as const;

/** How many questions are the first. */
const firstLooks = 30;

/** How long the cluster may contradict the declared mode before that is believed, in milliseconds. */
const settleMs = 3000;

/** How long the cluster may be silent, in milliseconds: an API server that is started anew ends no switch. */
const silentMs = 10_000;

/**
 * How long a server is asked whose pod is ready, in seconds: it has loaded and answers its probes, so the way to it is broken, or it
 * serves other names.
 */
const askForSeconds = 60;

export interface Wanted {
  promised: ReadinessGoal;
  /** @default 60 */
  askForSeconds?: number;
  /** The switch that the wait belongs to; a later one ends it. */
  switchNumber?: number;
  /** Gives the wait up; it then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Waits until users have what the mode promises: the model answering under its names, or no pod on the GPU.
 * Ends as soon as the cluster knows that it will not come to that. Rejects where the cluster stops answering.
 * @param report gets each phase as it begins.
 */
export async function waitUntilServed(
  api: ClusterApi,
  wanted: Wanted,
  report: (phase: Phase, detail: string) => void,
): Promise<Outcome> {
  let waited: Waited = { looks: 0, phaseBegan: Date.now(), spentMs: {}, putBack: false, lastAnswer: "" };
  const refine = refineByEvents(api);
  for (;;) {
    wanted.signal?.throwIfAborted();
    const { snapshot, diagnosis } = await patiently(async () => {
      const snapshot = await readSnapshot(api);
      return { snapshot, diagnosis: await refine(diagnose(snapshot)) };
    });
    const stepped = step(waited, { snapshot, diagnosis }, wanted, Date.now());
    const { next } = stepped;
    waited = stepped.waited;
    if ("state" in next) {
      return next.state === "warning" && wanted.promised.serves
        ? { ...next, detail: `${next.detail}${await meanwhile(api)}` }
        : next;
    }
    switch (next.do) {
      case "put back": {
        const who = await whoScaledUp(api, next.deployment);
        if (waited.putBack) {
          return { state: "failed", detail: `${who}, also after it was put back: stop that first` };
        }
        // Once, as it may be the last act of an update that was interrupted; whoever does it again would win in the end.
        waited = { ...waited, putBack: true };
        report("release", `${who}; putting it back`);
        await scaleToZero(api, next.deployment);
        continue;
      }
      case "make anew":
        report("apply", `pod ${next.pod} failed before and is made anew`);
        await api.remove(podPath(next.pod));
        continue;
      case "explain":
        return { state: "failed", detail: await explain(api, next.diagnosis) };
      case "ask": {
        const judged = judgeAnswer(await askServer(api, next.pod), wanted.promised);
        if (typeof judged !== "string") {
          return judged;
        }
        waited = { ...waited, lastAnswer: judged };
        break;
      }
      case "wait":
        break;
    }
    if (next.phase !== undefined) {
      const { phase, detail, longer, trouble } = next;
      if (phase !== waited.phase) {
        waited = inNewPhase(waited, phase, Date.now());
        report(phase, detail);
      } else if (trouble !== waited.trouble) {
        report(phase, trouble ?? detail);
      }
      waited = { ...waited, trouble };
      const budget = wanted.promised.budgetSeconds[phase];
      const last = longer ?? (waited.lastAnswer || "the server does not answer");
      if (spentIn(waited, phase, Date.now()) > budget * 1000) {
        return {
          state: "failed",
          detail: `${last}; that took longer than the ${budget} s that phase "${phase}" has`,
        };
      }
      const askFor = wanted.askForSeconds ?? askForSeconds;
      if (waited.readySince !== undefined && Date.now() - waited.readySince > askFor * 1000) {
        return { state: "failed", detail: `${last}; its pod is ready, and it was asked for ${askFor} s` };
      }
    }
    await pause(waited.looks, wanted.signal);
  }
}

/** What a wait remembers between two looks. */
interface Waited {
  looks: number;
  phase?: Phase;
  /** What was reported last as the reason why a phase does not get on. */
  trouble?: string | undefined;
  /** What phases took before, in milliseconds: one that comes again, as where each pod is refused, goes on with it. */
  spentMs: Partial<Record<Phase, number>>;
  /** Milliseconds, as `Date.now` has them; so is the next. */
  phaseBegan: number;
  /** Since when the cluster contradicts the declared mode; absent where it does not. */
  doubtBegan?: number;
  /** Since when the pod is ready of a server that is asked for; absent where it is not. */
  readySince?: number;
  /** Pods that their node had ended before this wait began. */
  endedBefore?: readonly string[];
  /** Whether replicas that somebody else had set were put back. */
  putBack: boolean;
  lastAnswer: string;
}

/** What the wait goes on with: the phase that it is in now, and what is told where that takes too long. */
interface InPhase {
  phase?: Phase;
  detail: string;
  /** Why it does not get on, which may pass. */
  trouble?: string | undefined;
  /** Undefined: what the server answered last. */
  longer?: string | undefined;
}

type Next =
  | Outcome
  | { do: "put back"; deployment: LiveObject }
  | { do: "make anew"; pod: string }
  | { do: "explain"; diagnosis: Failed }
  | ({ do: "ask"; pod: string } & InPhase)
  | ({ do: "wait" } & InPhase);

/** What one look at the cluster leads to. Pure. */
function step(
  before: Waited,
  { snapshot, diagnosis }: { snapshot: Snapshot; diagnosis: Diagnosis },
  { promised, switchNumber }: Wanted,
  now: number,
): { waited: Waited; next: Next } {
  const {
    doubtBegan = now,
    readySince = now,
    endedBefore = endedByNode(snapshot).map(({ pod }) => pod),
    ...rest
  } = before;
  const waited: Waited = { ...rest, endedBefore, looks: before.looks + 1 };
  const declared = readDeployment(snapshot.deployment);
  if (switchNumber !== undefined && declared !== undefined && declared.switchNumber > switchNumber) {
    return { waited, next: { state: "superseded", detail: `mode ${declared.mode} has taken the GPU` } };
  }
  if (!promised.serves && (snapshot.deployment?.spec?.replicas ?? 0) > 0) {
    return { waited, next: { do: "put back", deployment: snapshot.deployment as unknown as LiveObject } };
  }
  const ended = hopelessOf(endedByNode(snapshot).filter(({ pod }) => !endedBefore.includes(pod)));
  if (promised.serves && ended !== undefined) {
    const detail = `the node has ended pod ${ended.pod}: ${ended.why}`;
    return { waited, next: { do: "explain", diagnosis: { state: "failed", detail } } };
  }
  switch (diagnosis.state) {
    case "failed":
      if (diagnosis.doubtful && now - doubtBegan <= settleMs) {
        return { waited: { ...waited, doubtBegan }, next: { do: "wait", detail: "" } };
      }
      // It failed before this wait began. What was fixed since is to be tried now, and not after the kubelet's pause.
      return diagnosis.retried !== undefined && before.looks === 0
        ? { waited, next: { do: "make anew", pod: diagnosis.retried } }
        : { waited, next: { do: "explain", diagnosis } };
    case "node-away": {
      const until = promised.serves ? " and starts when the node is back" : "";
      return now - doubtBegan > settleMs
        ? { waited, next: { state: "warning", detail: `${diagnosis.detail}; the mode is declared${until}` } }
        : { waited: { ...waited, doubtBegan }, next: { do: "wait", detail: "" } };
    }
    case "settled": {
      const { pod } = diagnosis;
      const inPhase = { phase: "load", detail: askingTheServer } as const;
      if (promised.serves) {
        return { waited: { ...waited, readySince }, next: { do: "ask", pod: pod ?? "", ...inPhase } };
      }
      return pod === undefined
        ? { waited, next: { state: "reached", detail: "no pod is left: the GPU is free" } }
        : { waited, next: { do: "wait", ...inPhase, longer: `pod ${pod} still runs` } };
    }
    case "waiting": {
      const { phase, detail, trouble } = diagnosis;
      const longer = phase === "release" ? whyStaying(snapshot.pods) : detail;
      return { waited, next: { do: "wait", phase, detail, trouble, longer } };
    }
  }
}

/** That no waiting helps: an eviction, or the second pod that was not taken. One may be refused before the node has its card again. */
function hopelessOf(ended: readonly EndedPod[]): EndedPod | undefined {
  return ended.find(({ evicted }) => evicted) ?? ended[1];
}

function inNewPhase(waited: Waited, phase: Phase, now: number): Waited {
  const { phase: last, spentMs } = waited;
  const spent = last === undefined ? spentMs : { ...spentMs, [last]: spentIn(waited, last, now) };
  return { ...waited, phase, phaseBegan: now, spentMs: spent };
}

/** How long the phase that a wait is in has taken in all, in milliseconds. */
function spentIn({ spentMs, phaseBegan }: Waited, phase: Phase, now: number): number {
  return (spentMs[phase] ?? 0) + now - phaseBegan;
}

/** What the server's answer means for the mode: the end of the wait, or what it answered, in words. */
function judgeAnswer(answer: Answer, { servedNames, asksForKey }: ReadinessGoal): Outcome | string {
  if ("why" in answer) {
    return answer.isFinal ? { state: "failed", detail: answer.why } : answer.why;
  }
  if (answer.isOpen && asksForKey) {
    return { state: "failed", detail: openServer };
  }
  return servedNames.every((name) => answer.names.includes(name))
    ? { state: "reached", detail: `serving ${answer.names.join(", ")}` }
    : `the server answers to ${answer.names.join(", ")}`;
}

function pause(looks: number, signal: AbortSignal | undefined): Promise<void> {
  const milliseconds = looks < firstLooks ? askEveryMs.first : askEveryMs.later;
  return sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
}

/** Why a server is not what the mode promises that anybody may use. */
const openServer = `the server answers without a key, although the mode asks for one (apiKey: true), so whoever reaches it may use it. Look at Secret ${names.apiKeySecret} and at the pod's VLLM_API_KEY`;

/** What is told while nothing but the server's answer is missing. */
export const askingTheServer = "asking the server";

/** Who answers clients while the node is away, as the end of a sentence; nothing where that is not to be seen here. */
async function meanwhile(api: ClusterApi): Promise<string> {
  const ollama = await readOllama(api).catch(() => "not ready");
  return ollama === "ready" ? "; until then Ollama answers" : "";
}

async function patiently<T>(look: () => Promise<T>): Promise<T> {
  const until = Date.now() + silentMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof UnreachableError) || Date.now() > until) {
        throw error;
      }
      await sleep(askEveryMs.later);
    }
  }
}
