import { serverPort } from "./names.ts";
import type { Plan } from "./plan.ts";

/** The plan in a few lines for a person. */
export function describePlan(plan: Plan): string[] {
  const route = plan.route === undefined ? "no public route" : `https://${plan.route.host}`;
  if (!plan.serves) {
    return [
      `mode ${plan.mode}: no server, the GPU is free`,
      `  kept ready   ${plan.server.model} (mode ${plan.server.mode}) at 0 replicas`,
      `  route        ${route}, answers again with the next serving mode`,
    ];
  }
  const { server } = plan;
  return [
    `mode ${plan.mode}: ${server.model}`,
    `  answers to   ${server.servedNames.join(", ")}`,
    `  context      ${server.maxModelLen} tokens`,
    `  image        ${server.image}`,
    `  memory       at most ${Math.round(plan.settings.gpuMemoryUtilization * 100)} % of the card`,
    `  first start  up to ${server.probes.startupBudgetSeconds / 60} min with download, ${server.warmStartSeconds / 60} min with the files on the node`,
    `  route        ${route}, in the cluster port ${serverPort}`,
  ];
}
