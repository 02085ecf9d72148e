/** What happens before a stack declares anything: the Lease, the survey, and what a person is told of them. */
import { RefusedError } from "../stacks/errors.ts";
import { ApiError, type ClusterApi, UnreachableError } from "./api.ts";
import type { Connection } from "./connection.ts";
import { type Identity, readClusterIdentity, refuseOtherCluster } from "./identity.ts";
import type { Held } from "./lease.ts";
import { blindSurvey, type Survey, type SurveyOptions, surveyCluster } from "./survey.ts";
import { leaseForUpdate } from "./update-lease.ts";

export interface UpdateOptions extends Omit<SurveyOptions, "state"> {
  connection: Connection;
  /**
   * What the stack's state remembers of itself; it begins to where it does not yet.
   * @param cluster identity of the cluster; undefined where it cannot be told now
   */
  identify(cluster: string | undefined): Promise<Identity>;
  /** A preview takes no Lease, and goes on without the cluster. */
  dryRun: boolean;
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
 * another update is under way, or objects of others are in the way. Nothing has been changed then.
 */
export async function prepareUpdate(api: ClusterApi, options: UpdateOptions): Promise<Prepared> {
  const { stack, dryRun, identify, connection, say } = options;
  let held: Held | undefined;
  try {
    held = dryRun
      ? undefined
      : await leaseForUpdate(api, stack, {
          say: (text) => void say.info(text),
          lost: (text) =>
            void say.error(`${text}. This update stops here; run it again.`).then(() => process.exit(1)),
        });
    const cluster = await readClusterIdentity(api);
    const identity = await identify(cluster);
    refuseOtherCluster(stack, identity, cluster, connection);
    const survey = await surveyCluster(api, { ...options, state: identity.state });
    await tell(survey, say);
    return { survey, identity };
  } catch (error) {
    await held?.release();
    if (error instanceof UnreachableError && dryRun) {
      const identity = await identify(undefined);
      const survey = await blindSurvey({ ...options, state: identity.state }, error.message);
      await tell(survey, say);
      return { survey, identity };
    }
    throw asRefusal(error, api);
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

/** What the cluster said, as an error that a person can act on. */
function asRefusal(error: unknown, { server }: ClusterApi): unknown {
  if (error instanceof UnreachableError) {
    return new RefusedError("The cluster cannot be reached; nothing was changed.", [
      {
        where: server,
        problem: error.message,
        mend: "Start the cluster, or correct cluster.kubeconfig and cluster.context",
      },
    ]);
  }
  if (error instanceof ApiError) {
    return new RefusedError("The cluster does not allow what an update needs; nothing was changed.", [
      {
        where: server,
        problem: error.message,
        mend: "Use credentials that may read and write these objects",
      },
    ]);
  }
  return error;
}
