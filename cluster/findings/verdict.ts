/** Findings in words. Pure. */
import { inOneLine } from "../../system/terminal/foreign-text.ts";
import type { Finding } from "./finding.ts";

/** What must stop an update. */
export function faultsOf(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ state }) => state === "fault");
}

/** `NVIDIA driver: 535.274.02, CUDA 12.2`, and what is to be done where something is. */
export function findingLine({ item, found, fix }: Finding): string {
  const text = inOneLine(`${item}: ${found}`);
  return fix === undefined ? text : `${text}. ${fix}.`;
}

/** `8 ok, 1 warning (image), 2 unknown (kernel log, containerd)`. */
export function verdictLine(findings: readonly Finding[]): string {
  const count = (state: Finding["state"]): string[] => {
    const items = findings.filter((one) => one.state === state).map(({ item }) => item);
    const named = state === "ok" ? "" : ` (${[...new Set(items)].join(", ")})`;
    const word = (state === "warning" || state === "fault") && items.length > 1 ? `${state}s` : state;
    return items.length === 0 ? [] : [`${items.length} ${word}${named}`];
  };
  return (["fault", "ok", "warning", "unknown"] as const).flatMap(count).join(", ");
}
