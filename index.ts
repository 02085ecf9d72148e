// One stack: what the mode's files say → the plan, past the gates → what the cluster holds → the platform in the cluster.
import { getStack, log, runtime } from "@pulumi/pulumi";
import { resolveConnection } from "./cluster/api/connection.ts";
import { openApi } from "./cluster/api/index.ts";
import { forceVariable } from "./cluster/findings/refusal.ts";
import { prepareUpdate, statusOf } from "./operations/prepare-update.ts";
import { describePlan } from "./stacks/index.ts";
import { loadPlan } from "./stacks/load.ts";

/** Where the project's files lie, if not beside this program. */
const folder = process.env.VLLM_PLATFORM_PROJECT || import.meta.dirname;

/**
 * Declares the platform and gives the stack's outputs.
 * @throws RefusedError for what a person has to fix; nothing has been changed then.
 */
export async function stack() {
  const { plan, warnings, secrets } = loadPlan(folder);
  const connection = resolveConnection(plan.settings.cluster, process.env);
  // The resource classes load while the cluster answers.
  const components = import("./components/index.ts");
  const api = await openApi(connection);
  const dryRun = runtime.isDryRun();
  // An update hears those of the gates from the check of the node.
  for (const warning of [...warnings, ...(dryRun ? plan.gates.warnings : [])]) {
    await log.warn(warning);
  }
  const { survey, identity } = await prepareUpdate(api, {
    plan,
    stack: getStack(),
    connection,
    identify: async (cluster) => (await components).stackIdentity("vllm-identity", cluster),
    folder: import.meta.dirname,
    dryRun,
    force: Boolean(process.env[forceVariable]),
    say: log,
  });
  const { VllmPlatform } = await components;
  const platform = new VllmPlatform("vllm", { plan, connection, survey, identity, ...secrets });
  return {
    mode: plan.mode,
    ...(plan.serves ? { model: plan.server.model } : {}),
    servedNames: plan.serves ? plan.server.servedNames : [],
    endpoint: platform.endpoint,
    inClusterUrl: platform.inClusterUrl,
    ...(platform.apiKey === undefined ? {} : { apiKey: platform.apiKey }),
    ...(platform.node === undefined ? {} : { node: platform.node }),
    status: platform.status.apply((served) => statusOf(api, { plan, served, dryRun, say: log })),
    plan: describePlan(plan),
    planHash: plan.hash,
    claim: survey.claim,
  };
}
