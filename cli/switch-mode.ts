/** The words of `gpu-mode <mode>`: what was done, how long it took, and what it is measured against. */
import { servedAt } from "../cluster/requirements/route.ts";
import type { Project } from "../operations/project.ts";
import { type Switched, switchTo } from "../operations/switch/index.ts";
import type { Plan } from "../stacks/plan/index.ts";
import { type SwitchLimit, switchLimits } from "../stacks/plan/targets.ts";
import { inClusterUrl, names } from "../stacks/vocabulary/names.ts";
import { jsonText } from "../system/terminal/json-text.ts";
import { wrapFor } from "../system/terminal/wrap.ts";
import { phaseView, seconds } from "./progress.ts";

export async function switchMode(
  project: Project,
  mode: string,
  { force = false, json = false, signal }: { force?: boolean; json?: boolean; signal: AbortSignal },
): Promise<void> {
  const view = async (phases: Parameters<typeof phaseView>[0]) => phaseView(phases, json);
  const switched = await switchTo({ project, mode, force, signal, view });
  console.log(
    json ? jsonText(switchedJson(switched)) : wrapFor(process.stdout, switchedText(switched).join("\n")),
  );
}

/** A limit with what it took. */
export interface Measured extends SwitchLimit {
  took: number;
  met: boolean;
}

/** The limits that say something about this switch: none where nothing was changed, or the node is away. */
export function measured({
  plan,
  changed,
  outcome,
  reachedAfter,
  seconds: taken,
}: Pick<Switched, "plan" | "changed" | "outcome" | "reachedAfter" | "seconds">): Measured[] {
  if (!changed || outcome.state !== "reached") {
    return [];
  }
  return switchLimits(plan).flatMap((limit) => {
    const took = limit.of === "switch" ? reachedAfter : taken.load;
    return took === undefined ? [] : [{ ...limit, took, met: took < limit.seconds }];
  });
}

/** What a person reads at the end. */
export function switchedText(switched: Switched): string[] {
  const { plan, changed, outcome, route, removed, kept } = switched;
  const what = plan.serves
    ? `Mode ${plan.mode} serves ${plan.server.servedNames.join(", ")} ${servedAt(route)}`
    : `Mode ${plan.mode}: released, ${outcome.detail}`;
  const limits = measured(switched).map(
    ({ of, seconds: most, took, met }) =>
      `${of === "switch" ? "after" : "model loaded in"} ${seconds(took)} (${met ? "limit" : "OVER THE LIMIT of"} ${most} s)`,
  );
  const first =
    outcome.state === "warning"
      ? `Mode ${plan.mode}, warning: ${outcome.detail}.`
      : changed
        ? `${[what, ...limits].join(", ")}.`
        : `Nothing to do: mode ${plan.mode} is active${plan.serves ? ` and serves ${plan.server.servedNames.join(", ")}${route?.ready === false ? ` ${servedAt(route)}` : ""}` : " and the GPU is free"}.`;
  return [
    first,
    ...removed.map((title) => `Removed, as only a previous mode declared it: ${title}`),
    ...kept.map(
      (title) =>
        `${title} stays, though no file of mode ${plan.mode} declares it: it cannot be made again. To remove it: kubectl delete -n ${names.namespace} ${title.toLowerCase()}`,
    ),
  ];
}

/** The same for a program. */
export function switchedJson(switched: Switched): object {
  const { plan, from, changed, outcome, route, removed, kept } = switched;
  return {
    mode: plan.mode,
    from: from ?? null,
    changed,
    state: outcome.state,
    detail: outcome.detail,
    servedNames: plan.serves ? plan.server.servedNames : [],
    endpoint: urlOf(plan),
    route,
    reachedAfterSeconds: rounded(switched.reachedAfter),
    phaseSeconds: Object.fromEntries(
      Object.entries(switched.seconds).map(([phase, taken]) => [phase, rounded(taken)]),
    ),
    limits: measured(switched).map((limit) => ({ ...limit, took: rounded(limit.took) })),
    removed,
    kept,
  };
}

function urlOf({ route }: Plan): string {
  return route === undefined ? inClusterUrl : `https://${route.host}`;
}

const rounded = (value: number): number => Math.round(value * 10) / 10;
