/** Numbers that steer the choice of tokens, and their ranges. */
import { refused } from "../interface/errors.ts";
import { does } from "../interface/versions.ts";
import { tokensWanted } from "../interface/words.ts";
import type { Rule } from "./rule.ts";

/** As Python writes a number that is no whole one by type. */
const float = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));

/** Choices for one prompt; vLLM's own default of `VLLM_MAX_N_SEQUENCES`. */
const mostChoices = 16_384;

/**
 * A number outside its range.
 * @param more.named whether newer versions name the field. @default no
 * @param more.since what a version must do for it. @default all do
 */
function range(
  field: "temperature" | "top_p" | "min_p" | "presence_penalty" | "frequency_penalty" | "repetition_penalty",
  isOutside: (value: number) => boolean,
  must: string,
  { named = false, since }: { named?: boolean; since?: "bounds the temperature" } = {},
): Rule {
  return ({ body }, { version }) => {
    const value = body[field];
    if (typeof value !== "number" || !isOutside(value) || (since && !does(version, since))) return undefined;
    const more = named ? { parameter: field, value: float(value) } : {};
    return refused(`${field} must be ${must}, got ${float(value)}.`, more);
  };
}

export const sampling: readonly Rule[] = [
  ({ body: { n } }) =>
    typeof n === "number" && n < 1 ? refused(`n must be at least 1, got ${n}.`) : undefined,
  // Older versions have no limit, and would fail of it.
  ({ body: { n } }) =>
    n && n > mostChoices ? refused(`n must be at most ${mostChoices}, got ${n}.`) : undefined,
  range("presence_penalty", (value) => Math.abs(value) > 2, "in [-2, 2]"),
  range("frequency_penalty", (value) => Math.abs(value) > 2, "in [-2, 2]"),
  range("repetition_penalty", (value) => value <= 0, "greater than zero"),
  range("temperature", (value) => value < 0, "non-negative", { named: true }),
  range("temperature", (value) => value > 2, "in [0, 2]", { named: true, since: "bounds the temperature" }),
  range("top_p", (value) => value <= 0 || value > 1, "in (0, 1]", { named: true }),
  ({ body: { top_k: most } }, { version }) => {
    const none = does(version, "disables top_k by 0") ? 0 : -1;
    return typeof most === "number" && (most < -1 || (most === 0 && none !== 0))
      ? refused(`top_k must be ${none} (disable), or at least 1, got ${most}.`)
      : undefined;
  },
  range("min_p", (value) => value < 0 || value > 1, "in [0, 1]"),
  (asked, { version }) => {
    const wanted = tokensWanted(asked, version);
    return wanted !== undefined && wanted < 1
      ? refused(`max_tokens must be at least 1, got ${wanted}.`, {
          parameter: "max_tokens",
          value: String(wanted),
        })
      : undefined;
  },
  (asked, { version }) => {
    const { min_tokens: least } = asked.body;
    const wanted = tokensWanted(asked, version);
    if (typeof least !== "number") return undefined;
    if (least < 0) return refused(`min_tokens must be greater than or equal to 0, got ${least}.`);
    return wanted !== undefined && least > wanted
      ? refused(`min_tokens must be less than or equal to max_tokens=${wanted}, got ${least}.`)
      : undefined;
  },
  ({ body: { stop } }) =>
    [stop].flat().includes("") ? refused("stop cannot contain an empty string.") : undefined,
  ({ body: { n, temperature } }) =>
    n && n > 1 && temperature === 0
      ? refused(`n must be 1 when using greedy sampling, got ${n}.`)
      : undefined,
];
