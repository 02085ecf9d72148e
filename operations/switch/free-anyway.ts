/**
 * Frees the GPU where the mode's stack cannot be brought in line, whatever is wrong with its files: from the live objects
 * alone, without the engine.
 */

import type { ClusterApi } from "../../cluster/api/index.ts";
import { readSource } from "../../cluster/claim/source.ts";
import type { Held } from "../../cluster/lease/index.ts";
import { releaseUnplanned } from "../../cluster/readiness/free-gpu.ts";
import { promisedFree } from "../../cluster/readiness/goal.ts";
import { waitUntilServed } from "../../cluster/readiness/wait.ts";
import { names } from "../../stacks/vocabulary/names.ts";
import { Ended, RefusedError } from "../../system/errors.ts";
import { openConnection, type Project } from "../project.ts";
import { endOfSwitch } from "./failures.ts";
import type { Phases, SwitchPhase } from "./phases.ts";
import { leaseForSwitch } from "./switch-lease.ts";

export interface FreeOptions {
  project: Project;
  mode: string;
  /** Ctrl-C. */
  signal: AbortSignal;
  phases: Phases;
}

/** The phases of it. */
export const anywayPhases: readonly SwitchPhase[] = ["claim", "release"];

/** The cluster, for a mode whose files have faults. @throws Ended where neither they nor the environment tell it. */
export async function openClusterAnyway(
  { project, mode }: Pick<FreeOptions, "project" | "mode">,
  why: unknown,
): Promise<ClusterApi> {
  try {
    return (await openConnection(project.knownAnyway(mode).cluster)).api;
  } catch (error) {
    throw error instanceof RefusedError
      ? new Ended(
          "refused",
          [
            `The GPU was not freed, as it is not known which cluster is meant: ${error.message}`,
            `Name it by VLLM_PLATFORM_CONTEXT (and VLLM_PLATFORM_KUBECONFIG, unless the file is ~/.kube/config), and run gpu-mode ${mode} again. By hand: kubectl --context <context> scale -n ${names.namespace} deployment/${names.deployment} --replicas=0`,
            wordsOf(why),
          ].join("\n"),
        )
      : error;
  }
}

/**
 * Claims the GPU, asks for the pods' end and waits for it.
 * @param why what keeps the stack from being brought in line.
 * @returns the end to tell: that the GPU is free and the stack is not in line, or why it is not free.
 */
export async function freeAnyway(api: ClusterApi, options: FreeOptions, why: unknown): Promise<unknown> {
  const { mode, phases } = options;
  const abort = new AbortController();
  const signal = AbortSignal.any([options.signal, abort.signal]);
  let held: Held | undefined;
  try {
    phases.moveTo("claim");
    held = await leaseForSwitch(api, { mode, frees: true, say: (text) => phases.say(text), abort });
    signal.throwIfAborted();
    return await freed(api, { ...options, signal }, why);
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error;
    return endOfSwitch(reason, { mode, from: undefined, begun: held !== undefined, api });
  } finally {
    await held?.release();
  }
}

async function freed(
  api: ClusterApi,
  { project, mode, phases, signal }: FreeOptions,
  why: unknown,
): Promise<unknown> {
  const asked = await releaseUnplanned(api, {
    mode,
    source: () => readSource(project.clone),
  });
  if (asked.state === "nothing") {
    return why;
  }
  if (asked.state === "foreign") {
    const refusal = `Deployment ${names.deployment} in namespace ${names.namespace} is managed by ${asked.manager}, so its replicas were left alone. Nothing was changed; set them to 0 there to free the GPU.`;
    return new Ended("refused", `${refusal}\n${wordsOf(why)}`);
  }
  phases.end("claim");
  phases.begin("release");
  const { state, detail } = await waitUntilServed(
    api,
    { promised: promisedFree, switchNumber: asked.claim.switchNumber, signal },
    (_phase, detail) => phases.begin("release", detail),
  );
  if (state === "superseded") {
    return new Ended("locked", `The GPU was given back, but meanwhile ${detail}.`);
  }
  if (state !== "failed") {
    phases.end("release");
  }
  const first = {
    reached: "The GPU is free",
    warning: `The GPU is given back: ${detail}`,
    failed: `The GPU is given back, but not free yet: ${detail}`,
  }[state];
  return new Ended(
    "failed",
    `${first}. Stack ${mode} could not be brought in line:\n${wordsOf(why)}\nFix that and run gpu-mode ${mode} again.`,
  );
}

function wordsOf(why: unknown): string {
  return why instanceof Error ? why.message : String(why);
}
