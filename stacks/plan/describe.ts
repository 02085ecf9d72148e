// The plan in words.

import { wrap } from "../../system/terminal/wrap.ts";
import { driverSummary, memorySummary } from "../gates/index.ts";
import { serverPort } from "../vocabulary/names.ts";
import type { Plan } from "./index.ts";

/** The plan in a few lines for a person: what to look at before `pulumi up`. */
export function describePlan(plan: Plan): string[] {
  const { server } = plan;
  const route = plan.route === undefined ? "no public route" : `https://${plan.route.host}`;
  if (!plan.serves) {
    return [
      `mode ${plan.mode}: no server, the GPU is free`,
      `  kept ready   ${server.model} (mode ${server.mode}) at 0 replicas`,
      `  route        ${route}, back with the next serving mode`,
      ...gatewayLine(plan),
      ...note(plan),
      ...takeovers(plan),
    ];
  }
  const { extraArguments, gpuNode } = plan.settings;
  const { memory, driver } = plan.gates;
  const [budget, ...picture] = memorySummary(memory);
  return [
    `mode ${plan.mode}: ${server.model}${plan.replicas > 1 ? `, ${plan.replicas} servers` : ""}`,
    `  answers to   ${server.servedNames.join(", ")}`,
    `  API key      ${plan.apiKey ? "asked for" : "none asked for"}`,
    `  context      ${server.maxModelLen} tokens; the longest that fits is ${memory.known ? memory.largestContext.tokens : "not known"}`,
    `  image        ${server.image}`,
    `  driver       ${gpuNode.driver.version}: ${driverSummary(driver)}`,
    `  memory       ${budget}`,
    ...picture.map((line) => `               ${line}`),
    `  files        ${files(plan)}`,
    `  first start  up to ${server.probes.startupBudgetSeconds / 60} min with download, ${server.warmStartSeconds / 60} min with the files on the node`,
    ...(server.smokeTest === undefined
      ? []
      : [`  smoke test   of CUDA before each start, up to ${server.smokeTest.limitSeconds / 60} min`]),
    `  route        ${route}, in the cluster port ${serverPort}`,
    ...gatewayLine(plan),
    ...(extraArguments.length > 0 ? [`  besides      ${extraArguments.join(" ")}`] : []),
    ...takeovers(plan),
  ];
}

function files({ cache, huggingFace }: Plan): string {
  const place = cache.kind === "hostPath" ? `folder ${cache.path} of the node` : `a volume of ${cache.size}`;
  return huggingFace === undefined ? place : `${place}, downloaded with a token`;
}

function gatewayLine({ gateway }: Plan): string[] {
  return gateway === undefined
    ? []
    : [`  gateway      https://${gateway.host}, where Ollama on the CPU answers while the GPU is away`];
}

/** That the default mode could not serve is no fault of a mode that leaves the GPU alone. */
function note({ server, gates }: Plan): string[] {
  return gates.faults.flatMap(({ key, problem }) =>
    wrap(`  note         mode ${server.mode} would be refused for its ${key}: ${problem}`, 15),
  );
}

function takeovers({ adopt }: Plan): string[] {
  return adopt.length > 0 ? [`  may take over ${adopt.join(", ")}`] : [];
}
