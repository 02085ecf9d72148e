/** Tokens of the stub: a word with the space before it stands for one. */
import type { Asked } from "./request.ts";
import { does } from "./versions.ts";

export const tokens = (text: string): string[] => text.match(/\s*\S+/g) ?? [];

/** What is to be completed, a text a prompt; a chat has one. A token that is given by number is a word, too. */
export function promptsOf(asked: Asked): string[] {
  if (asked.kind === "chat") {
    return [asked.body.messages.map(({ content }) => contentText(content)).join(" ")];
  }
  const { prompt } = asked.body;
  if (!Array.isArray(prompt)) return [prompt ?? ""];
  const ofNumbers = (numbers: readonly unknown[]): string => numbers.join(" ");
  if (prompt.some((one) => typeof one === "number")) return [ofNumbers(prompt)];
  return prompt.map((one) => (Array.isArray(one) ? ofNumbers(one) : String(one)));
}

/**
 * Tokens that may be generated. A completion has 16 where nothing is said; vLLM's own default.
 * @returns undefined for as many as the context holds
 */
export function tokensWanted({ kind, body }: Asked, version: string): number | undefined {
  if (kind === "completion") {
    const fallback =
      body.max_tokens === undefined || does(version, "defaults a null max_tokens") ? 16 : undefined;
    return body.max_tokens ?? fallback;
  }
  const newer = body.max_completion_tokens ?? undefined;
  const counts = does(version, "refuses max_completion_tokens of 0") || newer !== 0;
  return (counts ? newer : undefined) ?? body.max_tokens ?? undefined;
}

function contentText(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content ?? "");
}
