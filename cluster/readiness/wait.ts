import { setTimeout as sleep } from "node:timers/promises";
import { names } from "../../stacks/vocabulary/names.ts";
import { type ClusterApi, type LiveObject, UnreachableError } from "../api/index.ts";
import { readDeployment } from "../claim/index.ts";
import { podPath, readSnapshot, type Snapshot } from "../gpu-node/snapshot.ts";
import { diagnose, type Failed, type Phase } from "./diagnosis.ts";
import { scaleToZero } from "./free-gpu.ts";
import type { Promised } from "./goal.ts";
import { whoScaledUp, whyStaying } from "./kept-busy.ts";
import { recogniseFailure } from "./known-failures.ts";
import { MissingRight, type Models, readLog, readModels } from "./server-api.ts";

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
 * Waits until users have what the mode promises: the model answering under its names, or no pod on the GPU.
 * Ends as soon as the cluster knows that it will not come to that.
 * @param switchNumber the switch that the wait belongs to; a later one ends it.
 * @param signal gives the wait up; it then rejects with the signal's reason.
 * Rejects where the cluster stops answering.
 */
export async function waitUntilServed(
  api: ClusterApi,
  { promised, switchNumber, signal }: { promised: Promised; switchNumber?: number; signal?: AbortSignal },
  report: (phase: Phase, detail: string) => void,
): Promise<Outcome> {
  let phase: Phase | undefined;
  let phaseBegan = Date.now();
  let doubtBegan: number | undefined;
  let lastAnswer = "";
  let looks = 0;
  let putBack = false;
  const pause = () =>
    sleep(
      looks < firstLooks ? askEveryMs.first : askEveryMs.later,
      undefined,
      signal === undefined ? {} : { signal },
    );
  for (;;) {
    signal?.throwIfAborted();
    const snapshot = await readPatiently(api);
    const declared = readDeployment(snapshot.deployment);
    if (switchNumber !== undefined && declared !== undefined && declared.switchNumber > switchNumber) {
      return { state: "superseded", detail: `mode ${declared.mode} has taken the GPU` };
    }
    const diagnosis = diagnose(snapshot);
    looks += 1;
    if (!promised.serves && (snapshot.deployment?.spec?.replicas ?? 0) > 0) {
      const deployment = snapshot.deployment as unknown as LiveObject;
      const who = await whoScaledUp(api, deployment);
      if (putBack) {
        return { state: "failed", detail: `${who}, also after it was put back: stop that first` };
      }
      // Once, as it may be the last act of an update that was interrupted; whoever does it again would win in the end.
      putBack = true;
      report("release", `${who}; putting it back`);
      await scaleToZero(api, deployment);
      continue;
    }
    // It failed before this wait began. What was fixed since is to be tried now, and not after the kubelet's pause.
    if (diagnosis.state === "failed" && diagnosis.retried !== undefined && looks === 1) {
      report("apply", `pod ${diagnosis.retried} failed before and is made anew`);
      await api.remove(podPath(diagnosis.retried));
      continue;
    }
    if (diagnosis.state === "failed") {
      return { state: "failed", detail: await explain(api, diagnosis) };
    }
    if (diagnosis.state === "node-away") {
      doubtBegan ??= Date.now();
      if (Date.now() - doubtBegan > settleMs) {
        return {
          state: "warning",
          detail: promised.serves
            ? `${diagnosis.detail}; the mode is declared and starts when the node is back, until then Ollama answers`
            : `${diagnosis.detail}; the mode is declared`,
        };
      }
      await pause();
      continue;
    }
    doubtBegan = undefined;
    if (diagnosis.state === "settled" && !promised.serves) {
      if (diagnosis.pod === undefined) {
        return { state: "reached", detail: "no pod is left: the GPU is free" };
      }
      lastAnswer = `pod ${diagnosis.pod} still runs`;
    } else if (diagnosis.state === "settled") {
      const answer = await askServer(api, diagnosis.pod ?? "");
      if ("why" in answer && answer.isFinal) {
        return { state: "failed", detail: answer.why };
      }
      if ("names" in answer && answer.isOpen && promised.asksForKey) {
        return { state: "failed", detail: openServer };
      }
      if ("names" in answer && promised.servedNames.every((name) => answer.names.includes(name))) {
        return { state: "reached", detail: `serving ${answer.names.join(", ")}` };
      }
      lastAnswer = "why" in answer ? answer.why : `the server answers to ${answer.names.join(", ")}`;
    }
    const now: Phase = diagnosis.state === "waiting" ? diagnosis.phase : "load";
    if (now !== phase) {
      phase = now;
      phaseBegan = Date.now();
      report(now, diagnosis.state === "waiting" ? diagnosis.detail : askingTheServer);
    }
    const budget = promised.budgetSeconds[phase];
    if (Date.now() - phaseBegan > budget * 1000) {
      const detail =
        phase === "release"
          ? whyStaying(snapshot.pods)
          : diagnosis.state === "waiting"
            ? diagnosis.detail
            : lastAnswer || "the server does not answer";
      return {
        state: "failed",
        detail: `${detail}; that took longer than the ${budget} s that phase "${phase}" has`,
      };
    }
    await pause();
  }
}

/** Why a server is not what the mode promises that anybody may use. */
const openServer = `the server answers without a key, although the mode asks for one (apiKey: true), so whoever reaches it may use it. Look at Secret ${names.apiKeySecret} and at the pod's VLLM_API_KEY`;

/** What is told while nothing but the server's answer is missing. */
export const askingTheServer = "asking the server";

/** The names that a server answers to, or why it does not answer, and whether asking again cannot change that. */
export type Answer = Models | { why: string; isFinal: boolean };

/** Asks the server in a pod. */
export async function askServer(api: ClusterApi, pod: string): Promise<Answer> {
  try {
    return await readModels(api, pod);
  } catch (error) {
    if (error instanceof MissingRight) {
      return { why: error.message, isFinal: true };
    }
    const reason = error instanceof Error ? error.message : String(error);
    return { why: `the server does not answer: ${reason}`, isFinal: false };
  }
}

/** One sentence for a failed diagnosis: what upstream's text is known to mean, else the raw last line, never a guess. */
export async function explain(api: ClusterApi, diagnosis: Failed): Promise<string> {
  const { log, hidden } = await logOf(api, diagnosis);
  const known = recogniseFailure(`${diagnosis.detail}\n${log}`, diagnosis.log?.container);
  const lines = log.split("\n").flatMap((line) => line.trim() || []);
  const telling = lines.find((line) => known?.pattern.test(line));
  const printed =
    telling !== undefined
      ? `; it printed: ${telling}`
      : lines.length > 0
        ? `; its last line: ${lines.at(-1)}`
        : hidden === undefined
          ? ""
          : `; what it printed is not known, as ${hidden}`;
  const raw = `${diagnosis.detail}${printed}`;
  return known === undefined ? raw : `${known.meaning} (${raw}). ${known.fix}`;
}

/** What a failed container printed; `hidden`: why that may not be read. There may be none, and none any more. */
async function logOf(api: ClusterApi, { log }: Failed): Promise<{ log: string; hidden?: string }> {
  try {
    return { log: log === undefined ? "" : await readLog(api, log) };
  } catch (error) {
    return { log: "", ...(error instanceof MissingRight ? { hidden: error.message } : {}) };
  }
}

async function readPatiently(api: ClusterApi): Promise<Snapshot> {
  const until = Date.now() + silentMs;
  for (;;) {
    try {
      return await readSnapshot(api);
    } catch (error) {
      if (!(error instanceof UnreachableError) || Date.now() > until) {
        throw error;
      }
      await sleep(askEveryMs.later);
    }
  }
}
