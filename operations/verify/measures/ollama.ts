/** How soon Ollama answers on the CPU, which is where clients go while the GPU is away. */
import type { ClusterApi } from "../../../cluster/api/index.ts";
import { askText, jsonOf, type Way } from "../../../cluster/server/ask.ts";
import { wayToService } from "../../../cluster/server/service-way.ts";
import type { Plan } from "../../../stacks/plan/index.ts";
import { targetsOf } from "../../../stacks/plan/targets.ts";
import { oneLine } from "../../../system/terminal/foreign-text.ts";
import { type Check, judge, type Measurement, measured, Skipped, Wrong } from "../base/report.ts";

/** Tokens of the short answer that is asked for. */
const answerTokens = 32;

/** How long one answer may take, in milliseconds: a model that is not in memory is read from disk first. */
const withinMs = 60_000;

export interface OllamaVerdict {
  check: Check;
  measurement: Measurement;
}

/** Asks twice: the second answer counts, which needs no loading. */
export async function verifyOllama(
  api: ClusterApi | undefined,
  plan: Plan,
  signal: AbortSignal,
): Promise<OllamaVerdict> {
  const { ollamaUrl, ollamaModel } = plan.settings.fallback;
  let value: number | Error = new Error("it does not answer");
  let note = "";
  const check = await judge("ollama", signal, async () => {
    const way = await wayToService(api, ollamaUrl).catch((error: Error) => {
      throw new Skipped(error.message);
    });
    const cold = await askOllama(way, ollamaModel, signal);
    value = await askOllama(way, ollamaModel, signal);
    note = `${answerTokens} tokens at most, warm; the first took ${cold.toFixed(1)} s`;
    return `${ollamaModel} answers`;
  });
  const { ollama: target } = targetsOf(plan);
  return {
    check,
    measurement: measured("ollama", "s", check.state === "ok" ? value : new Error(check.found), {
      note,
      target,
    }),
  };
}

/** The seconds that a short answer took. */
export async function askOllama(way: Way, model: string, signal: AbortSignal): Promise<number> {
  const began = performance.now();
  const { status, text } = await askText(way, {
    path: "/api/generate",
    body: { model, prompt: "Say hello.", stream: false, options: { num_predict: answerTokens } },
    withinMs,
    signal,
  });
  if (status !== 200 || typeof jsonOf(text)?.response !== "string") {
    throw new Wrong(`/api/generate answers ${status}: ${oneLine(text)}`);
  }
  return (performance.now() - began) / 1000;
}
