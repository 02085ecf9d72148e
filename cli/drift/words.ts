/** What a person reads of drift. */
import { styleText } from "node:util";
import type { Drift, Kind, Part } from "../../cluster/drift/item.ts";
import type { ToBeDone } from "../../operations/drift/fix.ts";
import type { DriftReport } from "../../operations/drift/index.ts";
import { inOneLine } from "../../system/terminal/foreign-text.ts";

export const parts: readonly Part[] = ["cluster", "files", "around"];

/** The heading of a part. */
export function headingOf(
  part: Part,
  { against, mode, stack }: Pick<DriftReport, "against" | "mode" | "stack">,
): string {
  switch (part) {
    case "cluster":
      return against === "files"
        ? `The cluster is not as the files of mode ${mode} say`
        : `The cluster is not as stack ${stack} last applied it`;
    case "files":
      return "The files say something else than was last applied";
    case "around":
      return "Around it";
  }
}

const kinds: Readonly<Record<Kind, string>> = {
  missing: "is missing",
  changed: "is changed",
  added: "is not declared",
  taken: "has another field manager",
  undeclared: "is declared by no stack",
  scaler: "is a scaler",
  gpu: "holds the GPU",
  node: "is not as gpuNode says",
  certificate: "is not ready",
  claim: "cannot be believed",
  "other-cluster": "is of another cluster",
  refused: "is refused",
};

const kindsInFiles: Partial<Record<Kind, string>> = {
  missing: "is made by the next update",
  changed: "is changed by the next update",
  added: "is taken away by the next update",
  undeclared: "is no longer declared",
};

/** `spec.replicas is changed: 1 → 2, by kubectl at …`. */
export function sentenceOf({ part, kind, declared, found, detail, by, at }: Drift): string {
  const what = (part === "files" ? kindsInFiles[kind] : undefined) ?? kinds[kind];
  // In the files the declaration is what comes.
  const [from, to] = part === "files" ? [found, declared] : [declared, found];
  const values = from === undefined && to === undefined ? "" : `: ${from ?? "none"} → ${to ?? "none"}`;
  const author = by === undefined ? "" : `, by ${by}${at === undefined ? "" : ` at ${at}`}`;
  return inOneLine(`${what}${values}${detail === undefined ? "" : `: ${detail}`}${author}`);
}

/** `Deployment/vllm-server: spec.replicas`. */
export function placeOf({ object, field }: Pick<Drift, "object" | "field">): string {
  return field === undefined ? object : `${object}: ${field}`;
}

/** The first line: what all of it comes to. */
export function verdictOf({ stack, mode, drifts, ignored, unknown }: DriftReport): string {
  const of = stack === null ? "" : ` of stack ${stack}${mode === stack ? "" : ` (mode ${mode})`}`;
  const without = ignored.length === 0 ? "" : `, ${ignored.length} ignored`;
  if (drifts.length > 0) {
    return `Drift${of}: ${drifts.length === 1 ? "1 finding" : `${drifts.length} findings`}${without}.`;
  }
  return unknown.length > 0
    ? `It could not be told whether there is drift${of}.`
    : `No drift${of}${without}.`;
}

/** What a person reads. Colour is only for a terminal. */
export function driftText(report: DriftReport): string[] {
  const { drifts, ignored, unknown, notes } = report;
  const colour = drifts.length > 0 ? "yellow" : unknown.length > 0 ? "red" : "green";
  return [
    styleText(colour, verdictOf(report)),
    ...notes,
    ...unknown.map((text) => `Could not be told: ${text}`),
    ...parts.flatMap((part) => {
      const found = drifts.filter((one) => one.part === part);
      return found.length === 0
        ? []
        : ["", `${headingOf(part, report)}:`, ...found.flatMap((one) => linesOf(one))];
    }),
    ...(ignored.length === 0 ? [] : ["", "Ignored, as drift.ignore says:"]),
    ...ignored.map(({ drift, reason }) => `  ${placeOf(drift)} ${sentenceOf(drift)} (${reason})`),
    ...(drifts.some(({ fix }) => fix !== "hand") ? ["", howToFix(report)] : []),
  ];
}

function linesOf(drift: Drift): string[] {
  return [
    `  ${placeOf(drift)} ${sentenceOf(drift)}`,
    ...(drift.how === undefined ? [] : [`    → ${drift.how}`]),
  ];
}

function howToFix({ drifts, unknown }: Pick<DriftReport, "drifts" | "unknown">): string {
  const once = onceTold({ unknown });
  return drifts.some(({ fix }) => fix === "prune")
    ? `gpu-mode drift --fix puts right what is declared${once}; with --prune it also removes what no stack declares.`
    : `gpu-mode drift --fix puts it right${once}.`;
}

/** The condition of `--fix`, where it does not hold yet. */
export function onceTold({ unknown }: Pick<DriftReport, "unknown">): string {
  return unknown.length === 0 ? "" : ", once all of it can be told";
}

/** Why `--fix` does nothing. */
export const notFixed =
  "--fix changed nothing: it does so only where all of it can be told. What could not be told stands with the report.";

/** What `--fix` is about to do. */
export function fixText({ stack, mode }: DriftReport, { updates, removed, left }: ToBeDone): string[] {
  return [
    "To fix it:",
    ...(updates
      ? [
          `  stack ${stack} is updated, as gpu-mode ${mode} does it; where the pod changes, the server restarts`,
        ]
      : []),
    ...removed.map(({ object }) => `  ${object} is deleted`),
    ...left.map(
      (one) =>
        `  ${placeOf(one)} stays as it is${one.how === undefined ? "; --prune would delete it" : `; by hand: ${one.how}`}`,
    ),
  ];
}
