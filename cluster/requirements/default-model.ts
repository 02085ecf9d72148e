/**
 * Whether Ollama answers to the name that clients use of the server, with enough context. Asked of Ollama itself, through the API
 * server, so by the doctor alone: an update needs nothing of it.
 */
import type { Plan } from "../../stacks/plan/index.ts";
import { modelAlias, names, ollamaPort } from "../../stacks/vocabulary/names.ts";
import { ApiError, type ClusterApi, UnreachableError } from "../api/index.ts";
import type { Finding } from "../findings/finding.ts";
import { askText, byPortForward, jsonOf } from "../server/ask.ts";
import { isReadyPod } from "../server/ready-pod.ts";
import { type OllamaPod, ollamaPodsPath } from "./items/gateway/ollama-pods.ts";

const item = "Ollama's model";

/** How long Ollama may take to tell of a model, in milliseconds: it reads a file, and loads nothing. */
const answerWithinMs = 5000;

/** @throws UnreachableError where the cluster does not answer. */
export async function checkDefaultModel(plan: Plan, api: ClusterApi): Promise<Finding[]> {
  if (plan.gateway === undefined) {
    return [];
  }
  const unknown = (why: string): Finding[] => [
    {
      item,
      state: "unknown",
      found: `not asked for: ${why}`,
      fix: `Ask by hand: \`kubectl exec -n ${names.namespace} deploy/ollama -- ollama show ${modelAlias}\``,
    },
  ];
  try {
    const list = await api.get<{ items: OllamaPod[] }>(ollamaPodsPath(plan));
    const pod = list?.items.find(isReadyPod)?.metadata.name;
    if (pod === undefined) {
      return unknown("no pod of Ollama is ready");
    }
    const way = byPortForward(api, pod, ollamaPort, names.namespace);
    const body = { model: modelAlias };
    const { status, text } = await askText(way, { path: "/api/show", body, withinMs: answerWithinMs });
    if (status !== 200 && status !== 404) {
      return unknown(`${pod} answered ${status}`);
    }
    return [{ item, ...judgeModel(plan, pod, status === 404 ? undefined : jsonOf(text)) }];
  } catch (error) {
    if (error instanceof UnreachableError || !(error instanceof Error)) {
      throw error;
    }
    return unknown(error instanceof ApiError ? `these credentials may not: ${error.message}` : error.message);
  }
}

/** @param shown what Ollama tells of the model; undefined where it has none of that name */
function judgeModel(
  { settings }: Plan,
  pod: string,
  shown: Record<string, unknown> | undefined,
): Omit<Finding, "item"> {
  const wanted = settings.gateway.ollama.contextTokens;
  const parameters = typeof shown?.parameters === "string" ? shown.parameters : "";
  const context = /^num_ctx\s+(\d+)/m.exec(parameters)?.[1];
  if (shown !== undefined && Number(context) >= wanted) {
    return { state: "ok", found: `${modelAlias}, with a context of ${context} tokens` };
  }
  const found =
    shown === undefined
      ? `${pod} has no model ${modelAlias}, so clients get 404 while the GPU is away`
      : `${modelAlias} has ${context === undefined ? "no context of its own, and Ollama's default is short" : `a context of ${context} tokens`}, below ${wanted} (gateway.ollama.contextTokens)`;
  return { state: "warning", found, fix: howToMake(pod, settings) };
}

/** A command that makes it, and what keeps it made. */
function howToMake(pod: string, { fallback: { ollamaModel }, gateway }: Plan["settings"]): string {
  const file = `FROM ${ollamaModel}\\nPARAMETER num_ctx ${gateway.ollama.contextTokens}\\n`;
  const command = `kubectl exec -n ${names.namespace} ${pod} -- sh -c "printf '${file}' > /tmp/${modelAlias} && ollama pull ${ollamaModel} && ollama create ${modelAlias} -f /tmp/${modelAlias}"`;
  return `Make it: \`${command}\`; by Ollama's chart, ollama.models.create with that name and text keeps it made, and so does gateway.ollama.createModel: true`;
}
