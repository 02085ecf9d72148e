/** The driver gate's verdict in a few lines for a person. */
import type { DriverVerdict } from "./driver.ts";

const headings: Record<DriverVerdict["outcome"], string> = {
  runs: "runs",
  "opt-in": "runs only if opted in to",
  refused: "does not run",
  "no-kernels": "has no kernels for this card",
  unknown: "cannot be told",
};

/** `vLLM 0.8.5.post1 on CUDA 12.4 runs`. */
export function driverSummary({ image, outcome }: DriverVerdict): string {
  const what = image === undefined ? "the image" : `vLLM ${image.version} on CUDA ${image.cuda}`;
  return `${what} ${headings[outcome]}`;
}

/** Outcome and reason, then what would make it run, warnings, and the newest tag that runs. */
export function driverLines(verdict: DriverVerdict): string[] {
  return [
    `driver: ${driverSummary(verdict)}`,
    `  ${verdict.reason}`,
    ...(verdict.fix === undefined ? [] : [`  to fix: ${verdict.fix}`]),
    ...verdict.warnings.map((warning) => `  warning: ${warning}`),
    ...(verdict.newestTag === undefined ? [] : [`  newest image that runs here: ${verdict.newestTag}`]),
  ];
}
