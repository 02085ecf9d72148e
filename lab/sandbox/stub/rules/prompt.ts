/** Prompts: there is one, of text, and it fits the context. */
import { refused } from "../interface/errors.ts";
import { contextLength } from "../interface/served.ts";
import { does } from "../interface/versions.ts";
import { promptsOf, tokens, tokensWanted } from "../interface/words.ts";
import type { Rule } from "./rule.ts";

export const prompt: Rule = (asked, { version }) => {
  if (asked.kind === "chat") {
    return asked.body.messages.length > 0
      ? undefined
      : refused("Cannot apply chat template to an empty conversation. Provide at least one message.");
  }
  const { prompt } = asked.body;
  if (prompt === undefined || prompt === null || (prompt === "" && does(version, "names the parameter"))) {
    return refused("Either prompt or prompt_embeds must be provided and non-empty.", { parameter: "prompt" });
  }
  if (prompt.length === 0 && typeof prompt !== "string") return refused("You must pass at least one prompt");
  return promptsOf(asked).includes("") ? refused("The decoder prompt cannot be empty") : undefined;
};

export const textOnly: Rule = (asked, { servedNames }) => {
  if (asked.kind === "completion") return undefined;
  const parts = asked.body.messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  return parts.some(({ type }) => type !== "text")
    ? refused(`${servedNames[0]} is not a multimodal model`)
    : undefined;
};

export const fitsContext: Rule = (asked, served) => {
  const length = contextLength(served);
  const wanted = tokensWanted(asked, served.version) ?? 0;
  const prompt = Math.max(...promptsOf(asked).map((one) => tokens(one).length));
  const limit = `This model's maximum context length is ${length} tokens. However,`;
  if (!does(served.version, "compares with max_model_len")) {
    if (prompt + Math.max(wanted, 1) <= length) return undefined;
    return refused(
      wanted === 0
        ? `${limit} you requested ${prompt} tokens in the messages, Please reduce the length of the messages.`
        : `${limit} you requested ${prompt + wanted} tokens (${prompt} in the messages, ${wanted} in the completion). Please reduce the length of the messages or completion.`,
    );
  }
  if (wanted > length) {
    const isNewField = asked.kind === "chat" && typeof asked.body.max_completion_tokens === "number";
    const field = isNewField ? "max_completion_tokens" : "max_tokens";
    return refused(
      `${field}=${wanted} cannot be greater than max_model_len=${length}. Please request fewer output tokens.`,
      { parameter: field, value: String(wanted) },
    );
  }
  if (does(served.version, "clamps to the context")) {
    return prompt > length
      ? refused(
          `${limit} your prompt contains at least ${length + 1} input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt.`,
          { parameter: "input_tokens", value: String(length + 1) },
        )
      : undefined;
  }
  return prompt + wanted > length
    ? refused(
        `${limit} you requested ${wanted} output tokens and your prompt contains ${prompt} input tokens, for a total of ${prompt + wanted} tokens. Please reduce the length of the input prompt or the number of requested output tokens.`,
        { parameter: "input_tokens", value: String(prompt) },
      )
    : undefined;
};
