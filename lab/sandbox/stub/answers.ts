/** Bodies of answers, in the form that vLLM's version gives them. */
import { randomUUID } from "node:crypto";
import type { Choice, Generated } from "./generate.ts";
import type { Answer } from "./interface/errors.ts";
import type { Asked } from "./interface/request.ts";
import { contextLength, type Served } from "./interface/served.ts";
import { does, namesOf } from "./interface/versions.ts";
import { logprobsOf } from "./logprobs.ts";

/** In every answer, so that nobody takes it for a model's. */
export const simulatedHeader = { "X-Simulated": "vllm-platform sandbox" } as const;
export const fingerprint = "simulated-by-vllm-platform-sandbox";

export function modelList(served: Served): Answer {
  const { created, model, servedNames } = served;
  const data = servedNames.map((id) => ({
    id,
    object: "model",
    created,
    owned_by: "vllm",
    root: model ?? id,
    parent: null,
    max_model_len: contextLength(served),
    permission: [
      {
        id: `modelperm-${randomUUID().replaceAll("-", "")}`,
        object: "model_permission",
        created,
        allow_create_engine: false,
        allow_sampling: true,
        allow_logprobs: true,
        allow_search_indices: false,
        allow_view: true,
        allow_fine_tuning: false,
        organization: "*",
        group: null,
        is_blocking: false,
      },
    ],
  }));
  return { status: 200, body: { object: "list", data } };
}

/** @param now seconds since 1970 */
export function wholeAnswer(served: Served, asked: Asked, generated: Generated, now: number): Answer {
  const choices = generated.choices.map((choice, index) => ({
    index,
    ...(asked.kind === "chat"
      ? { message: message(served, choice) }
      : { text: choice.parts.join(""), prompt_logprobs: null }),
    logprobs: logprobsOf(asked, choice.parts),
    finish_reason: choice.finish,
    stop_reason: choice.stoppedBy,
  }));
  const body = {
    ...envelope(asked.kind === "chat" ? "chat.completion" : "text_completion", generated, now),
    choices,
    usage: { ...generated.usage, prompt_tokens_details: null },
    ...(asked.kind === "chat" ? { prompt_logprobs: null } : {}),
  };
  return { status: 200, body };
}

function message({ version }: Served, { parts, reasoning }: Choice): object {
  return {
    role: "assistant",
    content: parts.join(""),
    ...(does(version, "fills in newer fields")
      ? { refusal: null, annotations: null, audio: null, function_call: null }
      : {}),
    ...(does(version, "leaves out empty tool_calls") ? {} : { tool_calls: [] }),
    [namesOf(version).reasoningField]: reasoning.length > 0 ? reasoning.join("") : null,
  };
}

/** The `data:` payloads of a stream, in order, without the final `[DONE]`. */
export function streamedAnswer(served: Served, asked: Asked, generated: Generated, now: number): object[] {
  const { version } = served;
  const chat = asked.kind === "chat";
  const head = envelope(chat ? "chat.completion.chunk" : "text_completion", generated, now);
  const noUsage = chat || does(version, "leaves out an unset usage") ? {} : { usage: null };
  const chunk = (index: number, fields: object, more: object): object => ({
    ...head,
    choices: [{ index, ...fields, logprobs: null, finish_reason: null, ...more }],
    ...noUsage,
  });
  const payloads = generated.choices.flatMap(({ parts, reasoning, finish, stoppedBy }, index) => {
    const ending = { finish_reason: finish, stop_reason: stoppedBy };
    const said = parts.map((part, place) => {
      const isLast = place === parts.length - 1;
      const logprobs = logprobsOf(asked, [part]);
      return chat
        ? chunk(index, { delta: { content: part } }, { logprobs, ...(isLast ? ending : {}) })
        : chunk(index, { text: part }, { logprobs, stop_reason: null, ...(isLast ? ending : {}) });
    });
    const field = namesOf(version).reasoningField;
    const thought = reasoning.map((part) => chunk(index, { delta: { [field]: part } }, {}));
    const role = chat ? [chunk(index, { delta: { role: "assistant", content: "" } }, {})] : [];
    return [...role, ...thought, ...said];
  });
  return asked.body.stream_options?.include_usage
    ? [...payloads, { ...head, choices: [], usage: generated.usage }]
    : payloads;
}

function envelope(object: string, { id, model }: Generated, now: number): object {
  return { id, object, created: now, model, system_fingerprint: fingerprint };
}
