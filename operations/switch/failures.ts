/** How a switch that did not succeed is told: one sentence with the reason, and the ways on and back. */

import { type ClusterApi, UnreachableError } from "../../cluster/api/index.ts";
import { holderOf, readDeployment } from "../../cluster/claim/index.ts";
import { readLive } from "../../cluster/claim/read.ts";
import type { PlatformEvent } from "../../cluster/programs/events.ts";
import { EngineFailed } from "../../engine/run.ts";
import { deploymentObject, objectPath } from "../../stacks/vocabulary/objects.ts";
import { Ended } from "../../system/errors.ts";
import { endOf } from "../ended.ts";

export interface FailedSwitch {
  mode: string;
  /** Whether it frees the GPU. @default false */
  frees?: boolean;
  /** The mode that was active before; undefined where none was. */
  from: string | undefined;
  /** Whether anything may have been changed. */
  begun: boolean;
  /** What the programs of the update told. @default nothing */
  told?: readonly PlatformEvent[];
  api: ClusterApi;
}

/** The end that an error means for a switch; the error itself where it is a fault of the program. */
export async function endOfSwitch(
  error: unknown,
  { mode, frees = false, from, begun, told = [], api }: FailedSwitch,
): Promise<unknown> {
  const refusal = told.find((event) => event.kind === "refused");
  if (error instanceof EngineFailed && refusal !== undefined) {
    return new Ended("refused", refusal.message);
  }
  if (error instanceof EngineFailed && formerClusterGone.test(error.message)) {
    return new Ended(
      "refused",
      `The cluster that the state of stack ${mode} names does not answer, though the one in your settings does. If it is only off, start it. If it is gone, or was made anew at another address: gpu-mode forget ${mode}, then gpu-mode ${mode}; nothing was changed.`,
    );
  }
  const back = from === undefined || from === mode ? "" : `, gpu-mode ${from} goes back`;
  const end =
    error instanceof EngineFailed
      ? new Ended("failed", failureSentence({ mode, frees }, error, told))
      : endOf(error);
  if (!begun && end?.exit !== "interrupted") {
    return end ?? error;
  }
  switch (end?.exit) {
    case "interrupted":
      return begun ? new Ended("interrupted", await howFar(api, mode, back)) : end;
    case "failed":
    case "unreachable":
      return end.exit === "unreachable" || (await isUnreachable(api))
        ? new Ended(
            "unreachable",
            `The cluster stopped answering during the switch. When it answers again, gpu-mode ${mode} goes on from here.`,
          )
        : new Ended("failed", `${end.message} gpu-mode ${mode} tries again${back}.`);
    default:
      return end ?? error;
  }
}

/** The Kubernetes provider's words, where it cannot read what a state holds. */
const formerClusterGone = /failed to read resource state due to unreachable cluster/;

/** How far a switch had come when it was stopped, by what the cluster holds, and how it goes on. */
async function howFar(api: ClusterApi, mode: string, back: string): Promise<string> {
  const goesOn = `gpu-mode ${mode} goes on from here${back}.`;
  const live = await readLive(api, []).catch(() => undefined);
  if (live === undefined) {
    return `Stopped. Nothing is lost: ${goesOn}`;
  }
  const { claim } = holderOf(live.claim, live.deployment);
  if (claim?.mode !== mode) {
    return "Stopped; nothing was changed.";
  }
  return (readDeployment(live.deployment)?.switchNumber ?? 0) < claim.switchNumber
    ? `Stopped. Mode ${mode} has the GPU, and its server is not declared yet: ${goesOn}`
    : `Stopped. Mode ${mode} is declared, and the cluster goes on with it by itself: gpu-mode status shows how far it is, ${goesOn}`;
}

async function isUnreachable(api: ClusterApi): Promise<boolean> {
  return api.get(objectPath(deploymentObject)).then(
    () => false,
    (error: unknown) => error instanceof UnreachableError,
  );
}

/** The reason of a failed update in one sentence. */
function failureSentence(
  { mode, frees }: { mode: string; frees: boolean },
  error: EngineFailed,
  told: readonly PlatformEvent[],
): string {
  const notServed = told.findLast((event) => event.kind === "not-served");
  return notServed === undefined
    ? `Mode ${mode} could not be brought up: ${sentence(error.message)}`
    : `Mode ${mode} is declared, but ${frees ? "the GPU is not known to be free" : "not served"}: ${sentence(notServed.detail)}`;
}

/** Why something did not succeed, ending as a sentence does. */
export function reasonOf(error: unknown): string {
  return sentence(error instanceof Error ? error.message : String(error));
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
