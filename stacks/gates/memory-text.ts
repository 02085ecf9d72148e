/** The memory gate's verdict for a person: a table, a picture of the card, one sentence. At most 80 columns wide. */
import { bytesOf, type MemoryBudget, type TermName } from "./memory.ts";
import { gibibytes, keyValueBytes, type MemoryVerdict, termWords } from "./memory-verdict.ts";

const columns = 80;

/** Letter of each term in the picture; what is not listed shares the last one. */
const letters: readonly { letter: string; terms: readonly TermName[]; legend: string }[] = [
  { letter: "W", terms: ["weights"], legend: "weights" },
  { letter: "K", terms: ["keyValueCache"], legend: "KV cache" },
  { letter: "A", terms: ["activations"], legend: "activations" },
  { letter: "o", terms: ["nonTorch", "cudaGraphs", "cudaContext", "desktop"], legend: "other" },
];

/** The verdict in lines: what is needed, what there is, what fits. */
export function budgetLines(verdict: MemoryVerdict): string[] {
  const { budget } = verdict;
  const rows = budget.terms
    .filter(({ name, bytes }) => bytes > 0 && (verdict.known || name !== "keyValueCache"))
    .map(({ name, bytes, within }) =>
      row(termWords[name], gibibytes(bytes), note(name, within, budget.context, budget.keyValueTokens)),
    );
  const left = budget.left < 0 ? "missing" : "left for more context";
  return [
    `memory: ${budget.model} on ${budget.card}`,
    `  vLLM ${budget.engine.version} (${budget.engine.generation}), ${budget.maxNumSeqs} requests at once, ` +
      `${budget.enforceEager ? "no " : ""}CUDA graphs`,
    ...rows,
    row(
      "share",
      gibibytes(budget.share),
      `${budget.gpuMemoryUtilization} of ${gibibytes(budget.usable)} GiB usable`,
    ),
    row(left, gibibytes(Math.abs(budget.left)), ""),
    `  [${picture(verdict.budget, 60)}]`,
    `  ${letters.map(({ letter, legend }) => `${letter} ${legend}`).join("  ")}  . free  | end of the share`,
    verdict.known
      ? `  ${budget.fits ? "fits" : "does not fit"}; longest context ${longest(verdict)}`
      : `  ${budget.fits ? "loads; which context fits is not known" : "does not fit"}`,
    ...(budget.fits && !verdict.fits ? ["  but the card lacks the kernels that these weights need"] : []),
    ...(verdict.fits
      ? [`  nvidia-smi will show about ${mebibytes(budget.usedAfterStart)} MiB used after the start`]
      : []),
  ].map((line) => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line));
}

/** The verdict in three short lines: what the server takes, a picture of the card, what the picture's letters are. */
export function memorySummary(verdict: MemoryVerdict): string[] {
  const { budget } = verdict;
  const sizes = letters.map(({ letter, terms, legend }) => {
    const bytes = terms.includes("keyValueCache") ? keyValueBytes(budget) : sumOf(budget, terms);
    return `${letter} ${legend} ${gibibytes(bytes)}`;
  });
  const percent = Math.round(budget.gpuMemoryUtilization * 100);
  return [
    `${gibibytes(budget.share)} of ${gibibytes(budget.usable)} GiB (${percent} %), ${roomText(verdict)}`,
    `[${picture(budget, 60)}]`,
    sizes.join(", "),
  ];
}

/** How much context the KV cache has room for. */
export function roomText({ known, budget }: Pick<MemoryVerdict, "known" | "budget">): string {
  return known ? `room for ${budget.keyValueTokens} tokens` : "room for a context that is not known";
}

function row(label: string, number: string, remark: string): string {
  return `  ${label.padEnd(22)} ${number.padStart(7)} GiB  ${remark}`.trimEnd();
}

function note(name: TermName, within: "share" | "rest", context: number, tokens: number): string {
  if (name === "keyValueCache") {
    return `${context} tokens; there is room for ${tokens}`;
  }
  return within === "rest" ? "beside the share" : "";
}

function longest({ budget, largestContext: { tokens, limitedBy } }: MemoryVerdict): string {
  if (tokens === 0) {
    return "none";
  }
  if (!budget.fits && tokens > budget.context) {
    return `${tokens} tokens (cut into chunks above ${budget.engine.wholePromptsUpTo})`;
  }
  return limitedBy === "model" ? `${tokens} tokens, the model's own limit` : `${tokens} tokens`;
}

/** One character so large a part of the card, or of what is needed where that is more. */
function picture(budget: MemoryBudget, cells: number): string {
  const parts = letters.map(({ letter, terms }) => ({
    letter,
    bytes: terms.includes("keyValueCache") ? keyValueBytes(budget) : sumOf(budget, terms),
  }));
  const whole = Math.max(
    budget.usable,
    parts.reduce((total, { bytes }) => total + bytes, 0),
  );
  let drawn = "";
  let end = 0;
  for (const { letter, bytes } of parts) {
    end += bytes;
    drawn = drawn.padEnd(Math.round((end / whole) * cells), letter);
  }
  const mark = Math.min(cells, Math.round((budget.share / whole) * cells));
  drawn = drawn.padEnd(cells, ".");
  return `${drawn.slice(0, mark)}|${drawn.slice(mark)}`;
}

function sumOf({ terms }: MemoryBudget, names: readonly TermName[]): number {
  return names.reduce((total, name) => total + bytesOf(terms, name), 0);
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}
