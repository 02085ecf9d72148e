/** Whether vLLM would answer a request, in the order in which it looks. */
import { type Answer, noSuchModel, refusal } from "./errors.ts";
import type { Asked } from "./request.ts";
import { logprobs, streamOptions, tooManyLogprobs } from "./rules/options.ts";
import { fitsContext, prompt, textOnly } from "./rules/prompt.ts";
import type { Rule } from "./rules/rule.ts";
import { sampling } from "./rules/sampling.ts";
import { toolFields, toolsNeedFlags } from "./rules/tools.ts";
import type { Served } from "./served.ts";

const beforeTheModel: readonly Rule[] = [streamOptions, logprobs, toolFields];
const afterTheModel: readonly Rule[] = [
  toolsNeedFlags,
  prompt,
  textOnly,
  fitsContext,
  ...sampling,
  tooManyLogprobs,
];

/** vLLM's refusal of the request; undefined where it would answer. */
export function judge(asked: Asked, served: Served): Answer | undefined {
  const { version, servedNames } = served;
  const refusedBy = (rules: readonly Rule[]): Answer | undefined => {
    for (const rule of rules) {
      const fault = rule(asked, served);
      if (fault !== undefined) return refusal(version, [fault]);
    }
    return undefined;
  };
  const { model } = asked.body;
  return (
    refusedBy(beforeTheModel) ??
    (model && !servedNames.includes(model)
      ? noSuchModel(version, model, servedNames)
      : refusedBy(afterTheModel))
  );
}
