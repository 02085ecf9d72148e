/**
 * The chain of thought of a model that reasons. It stands in the content, as the server is told of no parser unless
 * `reasoningParser` is set. Some chat templates write the opening tag into the prompt, so that only the closing one comes.
 */

import type { Plan } from "../../../stacks/plan/index.ts";
import { reasons } from "../../../stacks/plan/targets.ts";
import { modelAlias } from "../../../stacks/vocabulary/names.ts";
import { Skipped, Wrong } from "../base/report.ts";
import { generate, type Subject } from "../base/subject.ts";
import { streamOf } from "./model.ts";

/** Tokens within which such a model has thought about an easy question, as a rule. */
const mostTokens = 1024;

/** How long that may take, in milliseconds: at 10 tokens a second. */
const withinMs = 120_000;

const question = "Solve: What is 15 + 27? Think step by step.";

export async function thoughts(
  subject: Subject,
  plan: Pick<Plan, "settings"> & Parameters<typeof reasons>[0],
): Promise<string> {
  if (!reasons(plan)) {
    throw new Skipped("the mode's model writes no chain of thought");
  }
  const body = {
    model: modelAlias,
    messages: [{ role: "user", content: question }],
    max_tokens: mostTokens,
    temperature: 0.1,
    stream: true,
  };
  const tag = /<(\/?)think>/;
  const { text, reasoning, finish } = await generate(
    subject,
    "/v1/chat/completions",
    body,
    // The first tag is what was looked for; the rest of the answer is not waited for.
    (reply) => streamOf(reply, (sofar) => tag.test(sofar.text) || sofar.reasoning !== ""),
    withinMs,
  );
  const found = tag.exec(text);
  if (plan.settings.reasoningParser) {
    if (reasoning === "" || found !== null) {
      throw new Wrong("reasoningParser is set, and the chain of thought does not come in a field of its own");
    }
    return "in a field of its own, as reasoningParser is set";
  }
  if (reasoning !== "") {
    throw new Wrong("it comes in a field of its own, though reasoningParser is not set");
  }
  if (found === null && finish === "length") {
    throw new Skipped(`no tag within ${mostTokens} tokens, which ended the answer`);
  }
  if (found === null) {
    throw new Wrong("the content has neither <think> nor </think>");
  }
  return found[1] === ""
    ? "begins with <think> in the content"
    : "ends with </think> in the content; the opening tag is the prompt's";
}
