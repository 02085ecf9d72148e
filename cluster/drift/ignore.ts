/** What a person has said to be meant as it is. Pure. */
import type { Settings } from "../../stacks/settings/index.ts";
import { isWithin } from "./author.ts";
import type { Drift } from "./item.ts";

export type Ignoring = Settings["drift"]["ignore"][number];

export interface Ignored {
  drift: Drift;
  reason: string;
}

/** Parts the drift from what is ignored. A path is an object, or a field of one with all below it: `Deployment/vllm-server:spec.replicas`. */
export function sortIgnored(
  all: readonly Drift[],
  ignore: readonly Ignoring[],
): { drifts: Drift[]; ignored: Ignored[] } {
  const sorted = all.map((drift) => ({ drift, by: ignore.find(({ path }) => covers(path, drift)) }));
  return {
    drifts: sorted.flatMap(({ drift, by }) => (by === undefined ? [drift] : [])),
    ignored: sorted.flatMap(({ drift, by }) => (by === undefined ? [] : [{ drift, reason: by.reason }])),
  };
}

function covers(path: string, { object, field }: Drift): boolean {
  const [wanted, ...rest] = path.split(":");
  const below = rest.join(":");
  return wanted === object && (below === "" || (field !== undefined && isWithin(field, below)));
}
