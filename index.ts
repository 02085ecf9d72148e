// One stack: what the mode's files say → the plan, past the gates → what the cluster holds → the platform in the cluster.
import { getStack, log, runtime } from "@pulumi/pulumi";
import { openApi } from "./cluster/api.ts";
import { resolveConnection } from "./cluster/connection.ts";
import { prepareUpdate } from "./cluster/update.ts";
import { VllmPlatform } from "./components/index.ts";
import { stackOutputs } from "./components/outputs.ts";
import { RefusedError } from "./stacks/errors.ts";
import { loadPlan } from "./stacks/load.ts";

/** Where the project's files lie, if not beside this program. */
const project = process.env.VLLM_PLATFORM_PROJECT ?? import.meta.dirname;

async function declare() {
  const { plan, secrets } = loadPlan(project);
  for (const warning of plan.gates.warnings) {
    await log.warn(warning);
  }
  const connection = resolveConnection(plan.settings.cluster, process.env);
  const survey = await prepareUpdate(await openApi(connection), {
    plan,
    stack: getStack(),
    folder: import.meta.dirname,
    dryRun: runtime.isDryRun(),
    say: log,
  });
  const { liveApiKey } = survey;
  const platform = new VllmPlatform("vllm", {
    plan,
    connection,
    survey,
    ...secrets,
    ...(liveApiKey === undefined ? {} : { liveApiKey }),
  });
  return stackOutputs(plan, survey, platform);
}

/** What a person can mend is told in words, not as a stack trace. */
async function outputs() {
  try {
    return await declare();
  } catch (error) {
    if (!(error instanceof RefusedError)) {
      throw error;
    }
    await log.error(error.message);
    process.exit(1);
  }
}

export const { mode, model, servedNames, endpoint, inClusterUrl, apiKey, status, plan, planHash, claim } =
  await outputs();
