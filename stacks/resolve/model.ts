// The model that settings name, with its numbers from the catalogue or from the settings themselves.
import { findModel, type Model } from "../catalogue/models.ts";
import type { Settings } from "../settings/index.ts";
import { quantityValue } from "../vocabulary/measures.ts";

/** The numbers of the model that the settings name; nothing where none is named or its numbers are nowhere. */
export function modelOf({
  model,
  modelNumbers,
}: Pick<Settings, "model" | "modelNumbers">): Model | undefined {
  if (model === undefined || modelNumbers === undefined) {
    return model === undefined ? undefined : findModel(model);
  }
  const { weightBytes, quantization, tokenizer, reasoningParser, attention, ...numbers } = modelNumbers;
  return {
    id: model,
    weightBytes: quantityValue(weightBytes),
    ...numbers,
    source: "modelNumbers in the configuration",
    ...(attention === "other" ? { attention } : {}),
    ...(quantization === undefined ? {} : { quantization }),
    ...(tokenizer === undefined ? {} : { tokenizer }),
    ...(reasoningParser === undefined ? {} : { reasoningParser }),
  };
}
