/** Drift for a program. */
import type { DriftReport } from "../../operations/drift/index.ts";

export function driftJson({ ignored, ...report }: DriftReport): object {
  const { drifts, unknown } = report;
  return {
    verdict: drifts.length > 0 ? "drift" : unknown.length > 0 ? "unknown" : "none",
    ...report,
    ignored: ignored.map(({ drift, reason }) => ({ ...drift, reason })),
  };
}
