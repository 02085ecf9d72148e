/** The driver gate's verdict in a few lines for a person. */
import type { DriverVerdict } from "./driver.ts";

const headings: Record<DriverVerdict["outcome"], string> = {
  runs: "runs",
  "opt-in": "runs only if opted in to",
  refused: "does not run",
  unknown: "cannot be told",
};

/** Outcome and reason, then what would make it run, warnings, and the newest tag that runs. */
export function driverLines(verdict: DriverVerdict): string[] {
  const image =
    verdict.image === undefined ? "" : `vLLM ${verdict.image.version} on CUDA ${verdict.image.cuda} `;
  return [
    `driver: ${image}${headings[verdict.outcome]}`,
    `  ${verdict.reason}`,
    ...(verdict.mend === undefined ? [] : [`  to mend: ${verdict.mend}`]),
    ...verdict.warnings.map((warning) => `  warning: ${warning}`),
    ...(verdict.newestTag === undefined ? [] : [`  newest image that runs here: ${verdict.newestTag}`]),
  ];
}
