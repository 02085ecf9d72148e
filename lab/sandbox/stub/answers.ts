import { randomUUID } from "node:crypto";
import type { ServerArguments } from "./arguments.ts";

/** In every answer, so that nobody takes it for a model's. */
export const simulatedHeader = { "X-Simulated": "vllm-platform sandbox" } as const;
export const fingerprint = "simulated-by-vllm-platform-sandbox";

/** What the stub serves as: read from the ready pod. */
export interface Served extends ServerArguments {
  /** When the container started, in seconds since 1970. */
  readonly created: number;
  /** vLLM's version: the image's tag without its `v`. */
  readonly version: string;
}

/** A body with vLLM's status and error format. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export function errorAnswer(status: number, type: string, message: string): Answer {
  return { status, body: { object: "error", message, type, param: null, code: status } };
}

export function modelList(served: Served): Answer {
  const data = served.servedNames.map((id) => ({
    id,
    object: "model",
    created: served.created,
    owned_by: "vllm",
    root: served.model ?? id,
    parent: null,
    max_model_len: contextLength(served),
    permission: [
      {
        id: `modelperm-${randomUUID().replaceAll("-", "")}`,
        object: "model_permission",
        created: served.created,
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

/** vLLM takes the length from the model's own configuration; the stub has none, and says 4096. */
const contextLength = (served: Served): number => served.maxModelLength ?? 4096;

export interface GenerationRequest {
  readonly model?: unknown;
  readonly prompt?: unknown;
  readonly messages?: unknown;
  readonly max_tokens?: unknown;
  readonly max_completion_tokens?: unknown;
  readonly stream?: unknown;
  readonly stream_options?: { readonly include_usage?: unknown };
}

export type GenerationKind = "completion" | "chat";

/** What is wrong with a request, in vLLM's words; undefined when nothing is. */
export function refusal(served: Served, kind: GenerationKind, asked: GenerationRequest): Answer | undefined {
  const field = kind === "chat" ? "messages" : "prompt";
  if (asked[field] === undefined || (kind === "chat" && !Array.isArray(asked.messages))) {
    return errorAnswer(
      400,
      "BadRequestError",
      `[{'type': 'missing', 'loc': ('body', '${field}'), 'msg': 'Field required'}]`,
    );
  }
  if (asked.model !== undefined && !served.servedNames.includes(String(asked.model))) {
    return errorAnswer(404, "NotFoundError", `The model \`${String(asked.model)}\` does not exist.`);
  }
  const wanted = tokensWanted(asked);
  const prompt = tokens(promptText(kind, asked)).length;
  if (wanted !== undefined && prompt + wanted > contextLength(served)) {
    return errorAnswer(
      400,
      "BadRequestError",
      `This model's maximum context length is ${contextLength(served)} tokens. However, you requested ${prompt + wanted} tokens (${prompt} in the ${field}, ${wanted} in the completion). Please reduce the length of the ${field} or completion.`,
    );
  }
  return undefined;
}

/** The text that the stub generates, as the parts that a stream would send. */
export interface Generated {
  readonly id: string;
  readonly model: string;
  readonly parts: readonly string[];
  readonly reasoning: readonly string[];
  readonly finish: "stop" | "length";
  readonly usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

export function generate(served: Served, kind: GenerationKind, asked: GenerationRequest): Generated {
  const model = String(asked.model ?? served.servedNames[0] ?? "");
  const answer = tokens(
    `This is a simulated answer of the vllm-platform sandbox: no model is loaded. ${model} would answer here.`,
  );
  const thought = thinks(served) && kind === "chat" ? tokens("This chain of thought is simulated, too.") : [];
  const inContent = thought.length > 0 && !served.parsesReasoning;
  const all = inContent ? ["<think>\n", ...thought, "\n</think>\n\n", ...answer] : answer;
  const parts = all.slice(0, tokensWanted(asked) ?? all.length);
  const prompt = tokens(promptText(kind, asked)).length;
  const reasoning = inContent ? [] : thought;
  const completion = parts.length + reasoning.length;
  return {
    id: `${kind === "chat" ? "chat" : "cmpl"}-${randomUUID().replaceAll("-", "")}`,
    model,
    parts,
    reasoning,
    finish: parts.length < all.length ? "length" : "stop",
    usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
  };
}

/** Models of the DeepSeek-R1 family write their chain of thought into the content. */
const thinks = (served: Served): boolean => /deepseek-?r1|\br1-distill/i.test(served.model ?? "");

export function wholeAnswer(kind: GenerationKind, generated: Generated, now: number): Answer {
  const text = generated.parts.join("");
  const choice =
    kind === "chat"
      ? {
          index: 0,
          message: {
            role: "assistant",
            content: text,
            ...reasoningField(generated.reasoning.join("")),
            tool_calls: [],
          },
          logprobs: null,
          finish_reason: generated.finish,
          stop_reason: null,
        }
      : {
          index: 0,
          text,
          logprobs: null,
          finish_reason: generated.finish,
          stop_reason: null,
          prompt_logprobs: null,
        };
  return {
    status: 200,
    body: {
      ...envelope(kind === "chat" ? "chat.completion" : "text_completion", generated, now),
      choices: [choice],
      usage: generated.usage,
    },
  };
}

/** The `data:` payloads of a stream, in order, without the final `[DONE]`. */
export function streamedAnswer(
  kind: GenerationKind,
  generated: Generated,
  now: number,
  withUsage: boolean,
): unknown[] {
  const head = envelope(kind === "chat" ? "chat.completion.chunk" : "text_completion", generated, now);
  const chunk = (fields: object, finish: string | null): object => ({
    ...head,
    choices: [
      { index: 0, ...(kind === "chat" ? { delta: fields } : fields), logprobs: null, finish_reason: finish },
    ],
  });
  const last = generated.parts.length - 1;
  const payloads: object[] = kind === "chat" ? [chunk({ role: "assistant", content: "" }, null)] : [];
  for (const text of generated.reasoning) payloads.push(chunk(reasoningField(text), null));
  generated.parts.forEach((text, index) => {
    payloads.push(
      chunk(kind === "chat" ? { content: text } : { text }, index === last ? generated.finish : null),
    );
  });
  if (withUsage) payloads.push({ ...head, choices: [], usage: generated.usage });
  return payloads;
}

function envelope(object: string, generated: Generated, now: number): object {
  return { id: generated.id, object, created: now, model: generated.model, system_fingerprint: fingerprint };
}

const reasoningField = (text: string): object => (text === "" ? {} : { reasoning_content: text });

function tokensWanted(asked: GenerationRequest): number | undefined {
  const wanted = asked.max_completion_tokens ?? asked.max_tokens;
  return typeof wanted === "number" && wanted >= 1 ? Math.floor(wanted) : undefined;
}

/** A word with the space before it stands for a token. */
const tokens = (text: string): string[] => text.match(/\s*\S+/g) ?? [];

function promptText(kind: GenerationKind, asked: GenerationRequest): string {
  if (kind === "completion") return [asked.prompt].flat().map(String).join(" ");
  const messages = Array.isArray(asked.messages) ? asked.messages : [];
  return messages.map((message: { content?: unknown }) => contentText(message?.content)).join(" ");
}

function contentText(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content ?? "");
}
