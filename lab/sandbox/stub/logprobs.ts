import type { Asked } from "./interface/request.ts";

/** Probabilities of what was said, where they are asked for. A made-up answer was certain, so each logarithm is 0. */
export function logprobsOf(asked: Asked, parts: readonly string[]): object | null {
  if (asked.kind === "chat") {
    if (!asked.body.logprobs) return null;
    const one = (token: string) => ({ token, logprob: 0, bytes: [...Buffer.from(token)] });
    const top = (token: string) => (asked.body.top_logprobs ? [one(token)] : []);
    return { content: parts.map((token) => ({ ...one(token), top_logprobs: top(token) })) };
  }
  if (typeof asked.body.logprobs !== "number") return null;
  let offset = 0;
  return {
    text_offset: parts.map((token) => {
      const at = offset;
      offset += token.length;
      return at;
    }),
    token_logprobs: parts.map(() => 0),
    tokens: parts,
    top_logprobs: parts.map((token) => ({ [token]: 0 })),
  };
}
