/** Whether vLLM would answer a request, in the order in which it looks. */
import { type Answer, noSuchModel, refusal } from "../interface/errors.ts";
import type { Asked } from "../interface/request.ts";
import type { Served } from "../interface/served.ts";
import { logprobs, streamOptions, tooManyLogprobs } from "./options.ts";
import { fitsContext, prompt, textOnly } from "./prompt.ts";
import type { Rule } from "./rule.ts";
import { sampling } from "./sampling.ts";
import { toolFields, toolsNeedFlags } from "./tools.ts";

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
