/** What happens before a stack declares anything: the Lease, the survey, the check of the cluster, and what a person is told of them. */

import type { Connection } from "../cluster/api/connection.ts";
import { ApiError, type ClusterApi, UnreachableError } from "../cluster/api/index.ts";
import { type Identity, readClusterIdentity, refuseOtherCluster } from "../cluster/claim/identity.ts";
import { refusal } from "../cluster/findings/refusal.ts";
import { leaseForUpdate } from "../cluster/lease/for-update.ts";
import type { Held } from "../cluster/lease/index.ts";
import { tell as tellEvent } from "../cluster/programs/events.ts";
import { readRoute, servedAt } from "../cluster/requirements/route.ts";
import { impairments, notAllowed, surveyAndCheck, unmet } from "../cluster/requirements/survey-and-check.ts";
import { blindSurvey, type Survey, type SurveyOptions } from "../cluster/survey/index.ts";
import { RefusedError } from "../system/errors.ts";
import { stopProgram } from "./stop-program.ts";

export interface UpdateOptions extends Omit<SurveyOptions, "state"> {
  connection: Connection;
  /**
   * What the stack's state remembers of itself; it begins to where it does not yet.
   * @param cluster identity of the cluster; undefined where it cannot be told now
   */
  identify(cluster: string | undefined): Promise<Identity>;
  /** A preview takes no Lease, and goes on without the cluster. */
  dryRun: boolean;
  /** Declares a mode although the cluster lacks what it needs. */
  force: boolean;
  /** Where sentences for the person go. */
  say: {
    info(text: string): Promise<void>;
    warn(text: string): Promise<void>;
    error(text: string): Promise<void>;
  };
}

/** What an update goes by. */
export interface Prepared {
  survey: Survey;
  identity: Identity;
}

/**
 * Prepares a preview or an update.
 * @throws RefusedError where the update must not go on: the cluster does not answer or is another one than the state's,
 * another update is under way, objects of others are in the way, or the cluster lacks what the mode cannot work without.
 * Nothing has been changed then.
 */
export async function prepareUpdate(api: ClusterApi, options: UpdateOptions): Promise<Prepared> {
  const { plan, stack, dryRun, force, identify, connection, say } = options;
  let held: Held | undefined;
  let identity: Identity | undefined;
  try {
    held = dryRun
      ? undefined
      : await leaseForUpdate(api, {
          stack,
          frees: !options.plan.serves,
          say: (text) => void say.info(text),
          stop: (why, last = async () => {}) => void stopProgram(() => say.error(why), last),
        });
    const cluster = await readClusterIdentity(api);
    identity = await identify(cluster);
    refuseOtherCluster(stack, identity, cluster, connection);
    const { survey, findings } = await surveyAndCheck(
      api,
      { ...options, state: identity.state },
      { onlyReads: dryRun },
    );
    const faults = force ? [] : unmet(plan, findings);
    if (faults.length > 0) {
      const refused = refusal("cluster", plan.mode, faults);
      tellEvent({ kind: "refused", message: refused.message });
      throw refused;
    }
    await tell({ ...survey, warnings: [...survey.warnings, ...impairments(plan, findings)] }, say);
    return { survey, identity };
  } catch (error) {
    await held?.release();
    if (error instanceof UnreachableError && dryRun) {
      identity ??= await identify(undefined);
      const survey = await blindSurvey({ ...options, state: identity.state }, error.message);
      await tell(survey, say);
      return { survey, identity };
    }
    throw error instanceof ApiError ? await notAllowed(error, api, plan) : asRefusal(error, api);
  }
}

async function tell({ notices, warnings }: Survey, say: UpdateOptions["say"]): Promise<void> {
  for (const notice of notices) {
    await say.info(notice);
  }
  for (const warning of warnings) {
    await say.warn(warning);
  }
}

/** What the cluster did not say, as an error that a person can act on. */
function asRefusal(error: unknown, { server }: ClusterApi): unknown {
  if (error instanceof UnreachableError) {
    return new RefusedError("The cluster cannot be reached; nothing was changed.", [
      {
        where: server,
        problem: error.message,
        fix: "Start the cluster, or correct cluster.kubeconfig and cluster.context",
      },
    ]);
  }
  return error;
}

/**
 * The stack's output `status`: what the wait saw, and whether those outside the cluster have it too. That is looked at each time:
 * a certificate is signed, or ends, without any update.
 * @param served what the wait saw.
 */
export async function statusOf(
  api: ClusterApi,
  { plan, served, dryRun, say }: Pick<UpdateOptions, "plan" | "dryRun" | "say"> & { served: string },
): Promise<string> {
  if (!plan.serves || !served.startsWith("serving ")) {
    return served;
  }
  const route = await readRoute(plan, api, { patient: !dryRun }).catch((error: unknown) => {
    if (error instanceof UnreachableError) {
      return null; // as a preview may go on without the cluster
    }
    throw error;
  });
  if (route?.ready !== false) {
    return served;
  }
  const text = `${served} ${servedAt(route)}`;
  if (!dryRun) {
    await say.warn(`Mode ${plan.mode}: ${text}`);
  }
  return text;
}
