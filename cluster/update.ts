/** What happens before a stack declares anything: the Lease, the survey, and what a person is told of them. */
import { RefusedError } from "../stacks/errors.ts";
import { ApiError, type ClusterApi, UnreachableError } from "./api.ts";
import { blindSurvey, type Survey, type SurveyOptions, surveyCluster } from "./survey.ts";
import { leaseForUpdate } from "./update-lease.ts";

export interface UpdateOptions extends SurveyOptions {
  /** A preview takes no Lease, and goes on without the cluster. */
  dryRun: boolean;
  /** Where sentences for the person go. */
  say: {
    info(text: string): Promise<void>;
    warn(text: string): Promise<void>;
    error(text: string): Promise<void>;
  };
}

/**
 * Prepares a preview or an update.
 * @throws RefusedError where the update must not go on: the cluster does not answer, another update is under way, or objects
 * of others are in the way. Nothing has been changed then.
 */
export async function prepareUpdate(api: ClusterApi, options: UpdateOptions): Promise<Survey> {
  const { stack, dryRun, say } = options;
  try {
    const held = dryRun
      ? undefined
      : await leaseForUpdate(api, stack, {
          say: (text) => void say.info(text),
          lost: (text) =>
            void say.error(`${text}. This update stops here; run it again.`).then(() => process.exit(1)),
        });
    const survey = await surveyCluster(api, options).catch(async (error: unknown) => {
      await held?.release();
      throw error;
    });
    await tell(survey, say);
    return survey;
  } catch (error) {
    if (error instanceof UnreachableError && dryRun) {
      const survey = await blindSurvey(options, error.message);
      await tell(survey, say);
      return survey;
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
