// Settings of what the memory gate counts beside weights and KV cache; every number and its source is in gates/overheads.ts.

import { type OverheadName, overheads } from "../gates/overheads.ts";
import { byteQuantity, explain, group, number, wholeNumber } from "./fields.ts";

const mebibyte = 1024 ** 2;

/** The default as a quantity, as a file would say it. */
function mebibytes(name: OverheadName): string {
  return `${overheads[name].value / mebibyte}Mi`;
}

/** What the number stands for, and where its default comes from. */
function text(name: OverheadName, unit: string): string {
  const { meaning, source } = overheads[name];
  return `${unit} ${meaning}. Source of the default: ${source}.`;
}

/** What a server takes on the card besides weights and KV cache, for who measured other numbers. */
export const memoryOverheads = group({
  cudaContext: explain(byteQuantity.default(mebibytes("cudaContext")), text("cudaContext", "In bytes:"), {
    example: "300Mi",
  }),
  nonTorch: explain(byteQuantity.default(mebibytes("nonTorch")), text("nonTorch", "In bytes:"), {
    example: "400Mi",
  }),
  samplerCopies: explain(
    number(0, 100).default(overheads.samplerCopies.value),
    text("samplerCopies", "Number of"),
    { example: 6 },
  ),
  marlinReduceRows: explain(
    wholeNumber(0, 1_048_576).default(overheads.marlinReduceRows.value),
    text("marlinReduceRows", "Number of"),
    { example: 512 },
  ),
  cudaGraphs: explain(byteQuantity.default(mebibytes("cudaGraphs")), text("cudaGraphs", "In bytes:"), {
    example: "1Gi",
  }),
});
