/** Waiting for what the mode promises: the server's answer under its names, or the end of what was on the GPU. */
import { promisedBy } from "../../cluster/readiness/goal.ts";
import { askingTheServer, type Outcome, waitUntilServed } from "../../cluster/readiness/wait.ts";
import { Ended } from "../../system/errors.ts";
import { readNodeAccess } from "../ssh-key.ts";
import type { Context, Reached } from "./situation.ts";

/** Asks for what the mode promises. Where a later switch has taken the GPU, that is the outcome. */
export async function waitFor(context: Context, switchNumber: number): Promise<Outcome> {
  const { plan, phases } = context;
  phases.moveTo(plan.serves ? "serve" : "release", plan.serves ? askingTheServer : "");
  return wait(context, switchNumber, (phase, detail) => {
    if (detail !== askingTheServer) {
      phases.follow(phase, detail);
    }
  });
}

/** The same under the Lease. @throws Ended where a later switch has taken the GPU all the same. */
export async function confirm(context: Context, switchNumber: number): Promise<Outcome> {
  return undisturbed(context, await waitFor(context, switchNumber));
}

/** Waits until no pod is left on the GPU, and nothing of one on the card. */
export async function confirmFree(context: Context, switchNumber: number): Promise<Reached> {
  const { phases } = context;
  phases.begin("release");
  const podsGone = undisturbed(
    context,
    await wait(context, switchNumber, (_phase, detail) => phases.begin("release", detail)),
  );
  const outcome = podsGone.state === "reached" ? await cardFreed(context) : podsGone;
  phases.end("release");
  return { outcome, reachedAfter: phases.total };
}

/** The node's own word, where it can be asked. */
async function cardFreed({ plan, project, phases, signal }: Context): Promise<Outcome> {
  const detail = "no pod is left on the GPU";
  const access = await readNodeAccess(project.folder, plan);
  if (access === undefined) {
    return { state: "reached", detail };
  }
  if (access.value === undefined) {
    return { state: "warning", detail: `${detail}, but ${access.why}` };
  }
  phases.begin("release", `asking ${access.value.gpuNode.name} for its card`);
  const { waitUntilCardFree } = await import("../../cluster/gpu-node/card-use.ts");
  const card = await waitUntilCardFree(access.value, signal);
  return card.free
    ? { state: "reached", detail: `${detail}, and ${card.use.usedMiB} MiB of its memory are in use` }
    : { state: "warning", detail: `${detail}, but ${card.why}` };
}

async function wait(
  { api, plan, signal }: Context,
  switchNumber: number,
  report: Parameters<typeof waitUntilServed>[2],
): Promise<Outcome> {
  const wanted = { promised: promisedBy(plan), switchNumber, signal };
  const outcome = await waitUntilServed(api, wanted, report).catch((error: unknown) => {
    // A sleep that is cut off rejects with an error of its own.
    throw signal.aborted ? signal.reason : error;
  });
  if (outcome.state === "failed") {
    throw new Ended("failed", `Mode ${plan.mode} is declared, but not reached: ${outcome.detail}.`);
  }
  return outcome;
}

function undisturbed({ plan }: Context, outcome: Outcome): Outcome {
  if (outcome.state === "superseded") {
    throw new Ended("locked", `Mode ${plan.mode} was declared, but meanwhile ${outcome.detail}.`);
  }
  return outcome;
}
