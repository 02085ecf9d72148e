/** What a run of `gpu-mode drift --markdown` came to, by its exit status and its report. */
import type { Outcome } from "./drift-news.ts";
import { linesOf } from "./record.ts";
import { harmless } from "./report.ts";

export const driftMarker = "<!-- vllm-platform:drift -->";

/** The statuses of docs/drift.md that say something of the platform; every other is the run's own failure. */
const statuses = { none: "0", drift: "2", unknown: "4" } as const;

export interface DriftRun {
  readonly outcome: Outcome;
  /** Of the report, without the marker; empty where there is none. */
  readonly lines: readonly string[];
}

/**
 * @param status the exit status; empty where the run never came to one
 * @param report what it printed
 */
export function driftRun(status: string, report: string): DriftRun {
  // The cluster may not even answer, so this one comes without a report, too.
  if (status === statuses.unknown) return { outcome: { kind: "unknown" }, lines: [] };
  const failed = (how: string): DriftRun => ({ outcome: { kind: "failed", how }, lines: [] });
  if (status !== statuses.none && status !== statuses.drift) {
    return failed(status === "" ? "no status" : `status ${status}`);
  }
  const [first, second = "", ...rest] = linesOf(harmless(report).trimEnd());
  const fingerprint = /^<!-- fingerprint: ([\w.:-]{1,100}) -->$/.exec(second)?.[1];
  if (first !== driftMarker || fingerprint === undefined) {
    // "No drift" is believed only of a run that says what it looked at.
    return failed(`status ${status} without a report`);
  }
  return {
    outcome: status === statuses.drift ? { kind: "drift", fingerprint } : { kind: "none" },
    lines: [second, ...rest],
  };
}

/** Whole lines, as many as fit. */
export function fitting(lines: readonly string[], most: number): string[] {
  const kept: string[] = [];
  let bytes = 0;
  for (const line of lines) {
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > most) return [...kept, "", "… cut: the whole report is longer than may be shown here."];
    kept.push(line);
  }
  return kept;
}
