/** The claim: which stack has the GPU, since when and from which source. Pure; the ConfigMap `gpu-mode` holds it. */

import type { Plan } from "../../stacks/plan/index.ts";
import { modeLabel, switchAnnotation } from "../../stacks/vocabulary/names.ts";
import type { LiveObject } from "../api/index.ts";

/** Where a declaration came from. */
export interface Source {
  /** Commit of the clone, `-dirty` behind it where tracked files differ; `unknown` without git. */
  commit: string;
  /** When that commit was made, as ISO 8601; empty where it is not known. */
  committed: string;
}

export interface Claim {
  mode: string;
  /** The stack that declares it. */
  stack: string;
  /**
   * Identity of the state that the stack has in Pulumi's backend: two backends may each have a stack of that name. Absent
   * where an older version wrote the claim, or `gpu-mode` just now, which knows no state.
   */
  state?: string | undefined;
  /** Hugging Face id of the model; empty in a mode that does not serve. */
  model: string;
  /** When the mode was switched to, as ISO 8601. */
  since: string;
  /** Grows with each switch; the Deployment carries it too, so that a switch cut short is seen. */
  switchNumber: number;
  /** Hash of the plan, as `Plan.hash`. */
  planHash: string;
  source: Source;
}

/** What a live ConfigMap says: a claim, or what is wrong with it. */
export type ReadClaim = { claim: Claim; problem?: never } | { claim?: never; problem: string } | undefined;

/** What the claim's ConfigMap holds, as text a person can read with kubectl. */
export function claimData(claim: Claim): Record<string, string> {
  const { mode, stack, state, model, since, switchNumber, planHash, source } = claim;
  return {
    mode,
    stack,
    ...(state === undefined ? {} : { state }),
    model,
    since,
    switch: String(switchNumber),
    planHash,
    source: source.commit,
    sourceCommitted: source.committed,
  };
}

/** Reads a live claim. Undefined where there is none. */
export function readClaim(live: LiveObject | undefined): ReadClaim {
  if (live === undefined) {
    return undefined;
  }
  const data = (live.data ?? {}) as Record<string, string | undefined>;
  const { mode, stack, state, model, since, planHash, source, sourceCommitted } = data;
  const missing = ["mode", "stack", "since", "switch", "planHash", "source"].filter((key) => !data[key]);
  if (!mode || !stack || !since || !planHash || !source) {
    return { problem: `it lacks ${missing.join(", ")}` };
  }
  if (!/^[1-9]\d{0,14}$/.test(data.switch ?? "")) {
    return { problem: `its switch number is ${JSON.stringify(data.switch ?? "")}` };
  }
  const broken = Object.keys(data).find((key) => data[key]?.includes("\n"));
  if (broken !== undefined) {
    return { problem: `its ${broken} has more than one line` };
  }
  // `Date.parse` takes any text in parentheses.
  if (!/^[\d:.TZ+-]+$/.test(since) || Number.isNaN(Date.parse(since))) {
    return { problem: `its time is ${JSON.stringify(since)}` };
  }
  return {
    claim: {
      mode,
      stack,
      ...(state ? { state } : {}),
      model: model ?? "",
      since,
      switchNumber: Number(data.switch),
      planHash,
      source: { commit: source, committed: sourceCommitted ?? "" },
    },
  };
}

/** What the Deployment says of itself. */
export interface Declared {
  mode: string;
  /** 0 where the platform did not declare it. */
  switchNumber: number;
}

/** As much of an object as says whose it is, as any client gives it. */
interface Labelled {
  metadata?: {
    labels?: Record<string, string> | undefined;
    annotations?: Record<string, unknown> | undefined;
  };
}

/** Reads mode and switch number of the live Deployment; undefined where there is none or it names no mode. */
export function readDeployment(live: Labelled | undefined): Declared | undefined {
  const mode = live?.metadata?.labels?.[modeLabel];
  const number = String(live?.metadata?.annotations?.[switchAnnotation] ?? "");
  return mode === undefined
    ? undefined
    : { mode, switchNumber: /^\d{1,15}$/.test(number) ? Number(number) : 0 };
}

/** Who has the GPU, from all that the cluster says. */
export interface Holder {
  /** The active stack; undefined where nobody has claimed the GPU. */
  stack: string | undefined;
  mode: string | undefined;
  /** The claim, where there is one that can be believed. */
  claim: Claim | undefined;
  /** The highest switch number seen. */
  switchNumber: number;
  /** What does not fit together, as sentences. */
  warnings: string[];
}

/**
 * Who has the GPU. The claim is believed unless it is half-written or contradicts the Deployment; then the Deployment's
 * label counts, as the pods do what it says. A claim ahead of the Deployment is a switch that was cut short, and is believed.
 */
export function holderOf(
  claimObject: LiveObject | undefined,
  deploymentObject: LiveObject | undefined,
): Holder {
  const read = readClaim(claimObject);
  const deployment = readDeployment(deploymentObject);
  const number = Math.max(read?.claim?.switchNumber ?? 0, deployment?.switchNumber ?? 0);
  const byDeployment = (problem?: string): Holder => ({
    stack: deployment?.mode,
    mode: deployment?.mode,
    claim: undefined,
    switchNumber: number,
    warnings:
      problem === undefined
        ? []
        : [
            `ConfigMap gpu-mode cannot be believed: ${problem}. Deployment vllm-server counts instead: ${deployment === undefined ? "there is none, so no mode is active" : `mode ${deployment.mode}`}.`,
          ],
  });
  if (read === undefined) {
    return byDeployment();
  }
  if (read.claim === undefined) {
    return byDeployment(read.problem);
  }
  const { claim } = read;
  if (deployment !== undefined) {
    const behind = claim.switchNumber < deployment.switchNumber;
    const other = claim.switchNumber === deployment.switchNumber && claim.mode !== deployment.mode;
    if (behind || other) {
      return byDeployment(
        `it says mode ${claim.mode}, switch ${claim.switchNumber}, and the Deployment mode ${deployment.mode}, switch ${deployment.switchNumber}`,
      );
    }
  }
  return { stack: claim.stack, mode: claim.mode, claim, switchNumber: number, warnings: [] };
}

/** As much of a plan as is claimed. */
type Claimed = Pick<Plan, "mode" | "serves" | "hash"> & { server: Pick<Plan["server"], "model"> };

export interface NextClaim {
  claim: Claim;
  /** Whether the stack takes the GPU from another, or for the first time. */
  takesOver: boolean;
}

/** Who declares a claim. */
export interface Claimant {
  stack: string;
  /** Identity of the stack's state; undefined where that is not known, as in `gpu-mode`. */
  state: string | undefined;
}

/**
 * The claim that a stack declares. The active stack repeats the live one, so that nothing differs where nothing has
 * changed; any other stack plans the next switch.
 * @param source asked for only where a new one is to be written.
 */
export async function nextClaim(
  plan: Claimed,
  { stack, state }: Claimant,
  holder: Holder,
  now: () => Date,
  source: () => Promise<Source>,
): Promise<NextClaim> {
  const { claim } = holder;
  const active = claim?.stack === stack ? claim : undefined;
  const ownState = state ?? active?.state;
  const own = {
    mode: plan.mode,
    stack,
    ...(ownState === undefined ? {} : { state: ownState }),
    model: plan.serves ? plan.server.model : "",
    planHash: plan.hash,
  };
  if (active !== undefined) {
    const { since, switchNumber } = active;
    const unchanged = active.planHash === plan.hash;
    return {
      claim: { ...own, since, switchNumber, source: unchanged ? active.source : await source() },
      takesOver: false,
    };
  }
  return {
    claim: {
      ...own,
      since: now().toISOString(),
      switchNumber: holder.switchNumber + 1,
      source: await source(),
    },
    takesOver: holder.stack !== stack,
  };
}

/** Says where the active mode was declared by another state of a stack of the same name; undefined where it was not. */
export function otherState({ stack, state }: Claimant, { claim }: Holder): string | undefined {
  return claim?.stack === stack && claim.state !== undefined && state !== undefined && claim.state !== state
    ? `Mode ${claim.mode} was declared by another state of stack ${stack}: by another Pulumi backend, or before this one's state was lost. From now on this one declares it, and only this one can destroy it.`
    : undefined;
}

/** What a takeover means, in one sentence: from what to what. */
export function switchSentence(plan: Plan, holder: Holder): string {
  const next = plan.serves
    ? `${plan.mode} (${plan.server.model})`
    : `${plan.mode} (no server, the GPU is free)`;
  if (holder.stack === undefined) {
    return `No mode has the GPU yet; this gives it to mode ${next}.`;
  }
  const { claim } = holder;
  const model = claim === undefined ? "" : claim.model === "" ? " (no server)" : ` (${claim.model})`;
  const since = claim === undefined ? "" : `, active since ${claim.since}`;
  return `This is a switch: from mode ${holder.mode}${model}${since}, to mode ${next}.`;
}
