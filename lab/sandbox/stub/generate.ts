/** What the stub says instead of a model, as the parts that a stream would send. */
import { randomUUID } from "node:crypto";
import type { Asked } from "./interface/request.ts";
import { contextLength, type Served } from "./interface/served.ts";
import { does } from "./interface/versions.ts";
import { promptsOf, tokens, tokensWanted } from "./interface/words.ts";

export interface Generated {
  readonly id: string;
  readonly model: string;
  /** As many as were asked for, for each prompt. */
  readonly choices: readonly Choice[];
  readonly usage: {
    readonly prompt_tokens: number;
    readonly total_tokens: number;
    readonly completion_tokens: number;
  };
}

export interface Choice {
  readonly parts: readonly string[];
  readonly reasoning: readonly string[];
  readonly finish: "stop" | "length";
  /** The text of `stop` that ended it. */
  readonly stoppedBy: string | null;
}

/** @param requestId of the request's own header. @default a random one */
export function generate(served: Served, asked: Asked, requestId?: string): Generated {
  const first = served.servedNames[0] ?? "";
  const name = asked.body.model || first;
  const prompts = promptsOf(asked);
  const choices = prompts.flatMap((prompt) =>
    Array.from({ length: asked.body.n ?? 1 }, () => choose(served, asked, prompt, name)),
  );
  const inPrompts = prompts.reduce((sum, prompt) => sum + tokens(prompt).length, 0);
  const generated = choices.reduce((sum, { parts, reasoning }) => sum + parts.length + reasoning.length, 0);
  return {
    id: `${asked.kind === "chat" ? "chatcmpl" : "cmpl"}-${requestId ?? randomUUID().replaceAll("-", "")}`,
    model: does(served.version, "answers by its first name") ? first : name,
    choices,
    usage: {
      prompt_tokens: inPrompts,
      total_tokens: inPrompts + generated,
      completion_tokens: generated,
    },
  };
}

function choose(served: Served, asked: Asked, prompt: string, name: string): Choice {
  const answer = tokens(
    wantsJson(asked)
      ? '{ "simulated": "by the vllm-platform sandbox: no model is loaded" }'
      : `This is a simulated answer of the vllm-platform sandbox: no model is loaded. ${name} would answer here.`,
  );
  const thought =
    thinks(served) && asked.kind === "chat" ? tokens("This chain of thought is simulated, too.") : [];
  const inContent = thought.length > 0 && !served.parsesReasoning;
  const all = inContent ? ["<think>\n", ...thought, "\n</think>\n\n", ...answer] : answer;
  const room = Math.max(0, contextLength(served) - tokens(prompt).length);
  const within = all.slice(0, Math.min(tokensWanted(asked, served.version) ?? room, room));
  const { parts, stoppedBy } = upTo(within, [asked.body.stop ?? []].flat());
  return {
    parts: asked.kind === "completion" && asked.body.echo ? [prompt, ...parts] : parts,
    reasoning: inContent ? [] : thought,
    finish: stoppedBy === null && within.length < all.length ? "length" : "stop",
    stoppedBy,
  };
}

const wantsJson = ({ body }: Asked): boolean => /^json_/.test(body.response_format?.type ?? "");

/** Models of the DeepSeek-R1 family write their chain of thought into the content. */
const thinks = (served: Served): boolean => /deepseek-?r1|\br1-distill/i.test(served.model ?? "");

/** Up to the first of the texts that end an answer, without it. */
function upTo(
  parts: readonly string[],
  stops: readonly string[],
): { parts: readonly string[]; stoppedBy: string | null } {
  const text = parts.join("");
  const [earliest] = stops
    .map((stop) => ({ stop, at: text.indexOf(stop) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  if (earliest === undefined) return { parts, stoppedBy: null };
  let left = earliest.at;
  const kept = parts.map((part) => {
    const cut = part.slice(0, Math.max(0, left));
    left -= part.length;
    return cut;
  });
  return { parts: kept.filter((part) => part !== ""), stoppedBy: earliest.stop };
}
