// Settings of what the memory gate counts beside weights and KV cache; every number and its source is in gates/overheads.ts,
// that of the sampler, which depends on the version, in gates/engine.ts.

import { type OverheadName, overheads } from "../gates/overheads.ts";
import { byteQuantity, explain, group, number, wholeNumber } from "./fields.ts";

const mebibyte = 1024 ** 2;

/** The default as a quantity, as a file would say it. */
function mebibytes(name: "cudaContext" | "nonTorch"): string {
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
    number(0, 100).optional(),
    "Number of 32-bit copies of the logits (sequences × vocabulary) alive at once in the sampler's sort. Unset: 9.75 up to 0.9.2, 8 from 0.10.0, 1 from 0.27.0.",
    { example: 6 },
  ),
  marlinReduceRows: explain(
    wholeNumber(0, 1_048_576).default(overheads.marlinReduceRows.value),
    text("marlinReduceRows", "Number of"),
    { example: 512 },
  ),
  cudaGraphs: explain(
    byteQuantity.optional(),
    `In bytes. Unset: ${overheads.cudaGraphs.value} bytes of ${overheads.cudaGraphs.meaning}. Source of the default: ${overheads.cudaGraphs.source}.`,
    { example: "1Gi" },
  ),
  awqUnpacking: explain(
    number(0, 100).default(overheads.awqUnpacking.value),
    text("awqUnpacking", "In bytes:"),
    { example: 12 },
  ),
});
