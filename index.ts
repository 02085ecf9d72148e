// One stack: what the mode's files say → the plan → the platform in the cluster.
import { log } from "@pulumi/pulumi";
import { resolveConnection } from "./cluster/connection.ts";
import { VllmPlatform } from "./components/index.ts";
import { RefusedError } from "./stacks/errors.ts";
import { describePlan } from "./stacks/index.ts";
import { loadPlan } from "./stacks/load.ts";

function declare() {
  const { plan, secrets } = loadPlan(import.meta.dirname);
  const connection = resolveConnection(plan.settings.cluster, process.env);
  const platform = new VllmPlatform("vllm", { plan, connection, ...secrets });
  return {
    mode: plan.mode,
    model: plan.serves ? plan.server.model : undefined,
    servedNames: plan.serves ? plan.server.servedNames : [],
    endpoint: platform.endpoint,
    inClusterUrl: platform.inClusterUrl,
    apiKey: platform.apiKey,
    status: platform.status,
    plan: describePlan(plan),
    planHash: plan.hash,
  };
}

/** A mistake in the configuration is told in words, not as a stack trace. */
async function outputs() {
  try {
    return declare();
  } catch (error) {
    if (!(error instanceof RefusedError)) {
      throw error;
    }
    await log.error(error.message);
    process.exit(1);
  }
}

export const { mode, model, servedNames, endpoint, inClusterUrl, apiKey, status, plan, planHash } =
  await outputs();
