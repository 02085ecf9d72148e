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
  const failed = (how: string): DriftRun => ({ outcome: { kind: "failed", how }, lines: [] });
  if (!Object.values<string>(statuses).includes(status)) {
    return failed(status === "" ? "no status" : `status ${status}`);
  }
  const [first, second = "", ...rest] = linesOf(harmless(report).trimEnd());
  const fingerprint = /^<!-- fingerprint: ([\w.:-]{1,100}) -->$/.exec(second)?.[1];
  const isReport = first === driftMarker && fingerprint !== undefined;
  const lines = isReport ? [second, ...rest] : [];
  // That the cluster could not be asked is believed without one.
  if (status === statuses.unknown) return { outcome: { kind: "unknown" }, lines };
  if (!isReport) return failed(`status ${status} without a report`);
  return { outcome: status === statuses.drift ? { kind: "drift", fingerprint } : { kind: "none" }, lines };
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
