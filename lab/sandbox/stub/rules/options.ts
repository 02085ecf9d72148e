/** Options that need another. */
import { refused } from "../interface/errors.ts";
import { early, type Rule } from "./rule.ts";

/** vLLM's own default of `--max-logprobs`. */
const mostLogprobs = 20;

export const streamOptions: Rule = ({ body: { stream, stream_options } }) =>
  stream_options && Object.keys(stream_options).length > 0 && !stream
    ? early("Stream options can only be defined when `stream=True`.", "stream_options")
    : undefined;

export const logprobs: Rule = (asked) => {
  if (asked.kind === "completion") {
    const { logprobs: wanted } = asked.body;
    return wanted && wanted < 0 ? early("`logprobs` must be a positive value.", "logprobs") : undefined;
  }
  const { top_logprobs: wanted } = asked.body;
  if (wanted && wanted < 0) return early("`top_logprobs` must be a positive value.", "top_logprobs");
  return wanted && wanted > 0 && !asked.body.logprobs
    ? early("when using `top_logprobs`, `logprobs` must be set to true.", "top_logprobs")
    : undefined;
};

export const tooManyLogprobs: Rule = ({ kind, body }) => {
  const wanted = kind === "chat" ? body.top_logprobs : body.logprobs;
  return typeof wanted === "number" && wanted > mostLogprobs
    ? refused(`Requested sample logprobs of ${wanted}, which is greater than max allowed: ${mostLogprobs}`, {
        parameter: "logprobs",
        value: String(wanted),
      })
    : undefined;
};
