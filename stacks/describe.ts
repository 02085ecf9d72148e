// The plan in words.
import { serverPort } from "./names.ts";
import type { Plan } from "./plan.ts";

/** The plan in a few lines for a person: what to look at before `pulumi up`. */
export function describePlan(plan: Plan): string[] {
  const { server } = plan;
  const route = plan.route === undefined ? "no public route" : `https://${plan.route.host}`;
  if (!plan.serves) {
    return [
      `mode ${plan.mode}: no server, the GPU is free`,
      `  kept ready   ${server.model} (mode ${server.mode}) at 0 replicas`,
      `  route        ${route}, answers again with the next serving mode`,
      ...takeovers(plan),
    ];
  }
  const { extraArguments, gpuMemoryUtilization } = plan.settings;
  return [
    `mode ${plan.mode}: ${server.model}${plan.replicas > 1 ? `, ${plan.replicas} servers` : ""}`,
    `  answers to   ${server.servedNames.join(", ")}; ${plan.apiKey ? "asks for the API key" : "asks for no key"}`,
    `  context      ${server.maxModelLen} tokens`,
    `  image        ${server.image}`,
    `  memory       at most ${Math.round(gpuMemoryUtilization * 100)} % of the card`,
    `  files        ${files(plan)}`,
    `  first start  up to ${server.probes.startupBudgetSeconds / 60} min with download, ${server.warmStartSeconds / 60} min with the files on the node`,
    `  route        ${route}, in the cluster port ${serverPort}`,
    ...(extraArguments.length > 0 ? [`  besides      ${extraArguments.join(" ")}`] : []),
    ...takeovers(plan),
  ];
}

function files({ cache, huggingFace }: Plan): string {
  const place = cache.kind === "hostPath" ? `folder ${cache.path} of the node` : `a volume of ${cache.size}`;
  return huggingFace === undefined ? place : `${place}, downloaded with a token`;
}

function takeovers({ adopt }: Plan): string[] {
  return adopt.length > 0 ? [`  may take over ${adopt.join(", ")}`] : [];
}
