/** Drift for a program. */
import type { DriftReport } from "../../operations/drift/index.ts";

/** Raised where a field is renamed or means something else. */
const version = 1;

export function driftJson({ ignored, ...report }: DriftReport): object {
  const { drifts, unknown } = report;
  return {
    version,
    verdict: drifts.length > 0 ? "drift" : unknown.length > 0 ? "unknown" : "none",
    ...report,
    ignored: ignored.map(({ drift, reason }) => ({ ...drift, reason })),
  };
}
