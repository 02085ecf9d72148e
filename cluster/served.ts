import { setTimeout as sleep } from "node:timers/promises";
import type { KubeConfig } from "@kubernetes/client-node";
import { readDeployment } from "./claim.ts";
import { type Diagnosis, diagnose, type Phase } from "./diagnosis.ts";
import { recogniseFailure } from "./known-failures.ts";
import type { Promised } from "./promised.ts";
import { readServedNames } from "./server-api.ts";
import { readLog, readSnapshot } from "./snapshot.ts";

/** What a wait ended with. `warning`: the mode is declared, but the node cannot show it now. */
export type Outcome = { state: "reached"; detail: string } | { state: "warning" | "failed"; detail: string };

/** How often the cluster is asked, in milliseconds. */
const askEveryMs = 500;

/** How long the cluster may contradict the declared mode before that is believed, in milliseconds. */
const settleMs = 3000;

/**
 * Waits until users have what the mode promises: the model answering under its names, or no pod on the GPU.
 * Ends as soon as the cluster knows that it will not come to that.
 * @param switchNumber the switch that the wait belongs to; a later one ends it.
 * Rejects where the cluster stops answering.
 */
export async function waitUntilServed(
  config: KubeConfig,
  { promised, switchNumber }: { promised: Promised; switchNumber?: number },
  report: (line: string) => void,
): Promise<Outcome> {
  let phase: Phase | undefined;
  let phaseBegan = Date.now();
  let doubtBegan: number | undefined;
  let lastAnswer = "";
  for (;;) {
    const snapshot = await readSnapshot(config);
    const declared = readDeployment(snapshot.deployment);
    if (switchNumber !== undefined && declared !== undefined && declared.switchNumber > switchNumber) {
      return { state: "failed", detail: `mode ${declared.mode} has taken the GPU meanwhile` };
    }
    const diagnosis = diagnose(snapshot);
    if (diagnosis.state === "failed") {
      return { state: "failed", detail: await explain(config, diagnosis) };
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
      await sleep(askEveryMs);
      continue;
    }
    doubtBegan = undefined;
    if (diagnosis.state === "settled" && !promised.serves) {
      if (diagnosis.pod === undefined) {
        return { state: "reached", detail: "no pod is left: the GPU is free" };
      }
      lastAnswer = `pod ${diagnosis.pod} still runs`;
    } else if (diagnosis.state === "settled") {
      const answer = await askServer(config, diagnosis.pod ?? "");
      if (typeof answer !== "string" && promised.servedNames.every((name) => answer.includes(name))) {
        return { state: "reached", detail: `serving ${answer.join(", ")}` };
      }
      lastAnswer = typeof answer === "string" ? answer : `the server answers to ${answer.join(", ")}`;
    }
    const now: Phase = diagnosis.state === "waiting" ? diagnosis.phase : "load";
    if (now !== phase) {
      phase = now;
      phaseBegan = Date.now();
      report(diagnosis.state === "waiting" ? `${now}: ${diagnosis.detail}` : `${now}: asking the server`);
    }
    const budget = promised.budgetSeconds[phase];
    if (Date.now() - phaseBegan > budget * 1000) {
      const detail =
        diagnosis.state === "waiting" ? diagnosis.detail : lastAnswer || "the server does not answer";
      return {
        state: "failed",
        detail: `${detail}; that took longer than the ${budget} s that phase "${phase}" has`,
      };
    }
    await sleep(askEveryMs);
  }
}

/** The names that a pod answers to, or why it does not answer. */
export async function askServer(config: KubeConfig, pod: string): Promise<string[] | string> {
  try {
    return await readServedNames(config, pod);
  } catch (error) {
    return `the server does not answer: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** One sentence for a failed diagnosis: what upstream's text is known to mean, else the raw last line, never a guess. */
export async function explain(
  config: KubeConfig,
  diagnosis: Extract<Diagnosis, { state: "failed" }>,
): Promise<string> {
  const log =
    diagnosis.log === undefined
      ? ""
      : await readLog(config, diagnosis.log.pod, diagnosis.log.previous).catch(() => "");
  const known = recogniseFailure(`${diagnosis.detail}\n${log}`);
  const lastLine = log.trimEnd().split("\n").at(-1)?.trim() ?? "";
  const raw = lastLine === "" ? diagnosis.detail : `${diagnosis.detail}; its last line: ${lastLine}`;
  return known === undefined ? raw : `${known.meaning} (${raw}). ${known.mend}`;
}
