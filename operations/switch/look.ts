/** The first steps of a switch: who has the GPU, whether anything is to be done, and whether it can work. Nothing is changed. */
import { ApiError } from "../../cluster/api/index.ts";
import { readDeployment } from "../../cluster/claim/index.ts";
import { refusal } from "../../cluster/findings/refusal.ts";
import { faultsOf, findingLine } from "../../cluster/findings/verdict.ts";
import { checkMembership } from "../../cluster/gpu-node/check.ts";
import { nodeSubject } from "../../cluster/gpu-node/judge/subject.ts";
import { readSnapshot } from "../../cluster/gpu-node/snapshot.ts";
import { isInterruptible } from "../../cluster/lease/index.ts";
import { diagnose } from "../../cluster/readiness/diagnosis.ts";
import type { Outcome } from "../../cluster/readiness/wait.ts";
import {
  impairments,
  notAllowed,
  surveyAndCheck,
  unmet,
} from "../../cluster/requirements/survey-and-check.ts";
import { type Survey, type SurveyOptions, surveyCluster } from "../../cluster/survey/index.ts";
import { EngineFailed } from "../../engine/run.ts";
import { deploymentObject, objectPath } from "../../stacks/vocabulary/objects.ts";
import { hasEnded } from "../../system/own-process.ts";
import { waitFor } from "./confirm.ts";
import type { Context, Situation } from "./situation.ts";

/** Looks who has the GPU, and tells what a person should know of it. */
export async function look(context: Context): Promise<Situation> {
  const { api, plan, phases, force, signal } = context;
  phases.begin("check", "who has the GPU");
  const [{ survey, findings }, deployment, mayTakeIt] = await Promise.all([
    surveyAndCheck(api, surveyOptions(context), { onlyReads: false }),
    api.get(objectPath(deploymentObject)),
    // A switch that has only begun is about to take the GPU, though nothing is to be seen of it yet.
    !plan.serves && isInterruptible(api, { hasEnded }),
  ]).catch(async (error: unknown) => {
    throw error instanceof ApiError ? await notAllowed(error, api, plan) : error;
  });
  signal.throwIfAborted();
  const stopping = force ? [] : unmet(plan, findings);
  const told = impairments(
    plan,
    findings.filter((finding) => !stopping.includes(finding)),
  );
  for (const line of [...survey.notices, ...survey.warnings, ...told.map((text) => `Warning: ${text}`)]) {
    phases.say(line);
  }
  const replicas = (deployment?.spec as { replicas?: number } | undefined)?.replicas;
  const whole =
    !mayTakeIt &&
    survey.holder.claim?.stack === plan.mode &&
    readDeployment(deployment)?.switchNumber === survey.claim.switchNumber &&
    replicas === plan.replicas;
  return { survey, whole, unmet: stopping };
}

/** The same, under the Lease: another switch may have come between the first look and now. */
export async function lookAgain(context: Context): Promise<Survey> {
  return surveyCluster(context.api, surveyOptions(context));
}

/**
 * Compares the active mode with files and cluster.
 * @returns what users have of it, or that another switch came meanwhile; undefined where something is to be changed.
 */
export async function compare(context: Context, { survey, unmet }: Situation): Promise<Outcome | undefined> {
  const { api, plan, phases, engine } = context;
  // What others changed needs no preview, which the cluster may refuse for that very change; an update puts it right first.
  const differs =
    survey.pending.length > 0 ||
    (await engine.differs(plan.mode).catch((error: unknown) => {
      if (unmet.length > 0 && error instanceof EngineFailed) {
        return undefined; // what the cluster lacks ends a preview, too, and says less than the refusal that follows
      }
      throw error;
    }));
  if (differs === undefined) {
    return undefined;
  }
  if (differs) {
    phases.say(`Mode ${plan.mode} is active and not as its files say; bringing it in line.`);
    return undefined;
  }
  const snapshot = await readSnapshot(api);
  // No Lease is held, and the preview took its time: any pod that is ready may be another mode's by now.
  const declared = readDeployment(snapshot.deployment);
  if (declared !== undefined && declared.switchNumber > survey.claim.switchNumber) {
    return { state: "superseded", detail: `mode ${declared.mode} has taken the GPU` };
  }
  // The Deployment is the plan's, so a pod of it that is ready serves what the plan says.
  const diagnosis = diagnose(snapshot);
  if (diagnosis.state === "settled" && (diagnosis.pod !== undefined) === plan.serves) {
    // It stops nothing where nothing is to be done; the next start of the server would meet it.
    for (const fault of unmet) {
      phases.say(`Warning: ${findingLine(fault)}`);
    }
    return { state: "reached", detail: "as it should be" };
  }
  if (unmet.length > 0) {
    return undefined; // no use to wait for what cannot come
  }
  return waitFor(context, survey.claim.switchNumber);
}

/** @throws RefusedError where cluster or GPU node cannot serve the mode now. */
export async function requireCluster(
  { api, plan, phases }: Context,
  { survey, unmet }: Situation,
): Promise<void> {
  const ofNode =
    survey.holder.mode === plan.mode
      ? []
      : (await checkMembership(nodeSubject(plan), { api, switching: true })).findings;
  const faults = [...faultsOf(ofNode), ...unmet];
  if (faults.length > 0) {
    throw refusal("cluster", plan.mode, faults);
  }
  for (const finding of ofNode.filter(({ state }) => state === "unknown")) {
    phases.say(findingLine(finding));
  }
}

function surveyOptions({ plan, project }: Context): SurveyOptions {
  return { plan, stack: plan.mode, folder: project.clone };
}
