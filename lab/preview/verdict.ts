/** What a change means for a mode, in a sentence. Pure. */
import type { Manifest } from "../../stacks/manifests/index.ts";
import { policyViolations, violationText } from "../../stacks/policy/index.ts";
import { names } from "../../stacks/vocabulary/names.ts";
import type { EngineAnswer } from "./ask-engine.ts";
import { type ChangedField, differences, type ObjectDifference } from "./difference.ts";
import type { ModeSide, Side } from "./side.ts";

export type Verdict = "unchanged" | "changed" | "refused" | "error";

export interface ModeReport {
  readonly mode: string;
  readonly verdict: Verdict;
  /** Without a full stop. */
  readonly sentence: string;
  /** Why the head's mode is refused or cannot be worked out, whole. */
  readonly refusal?: string;
  readonly objects: readonly ObjectDifference[];
  /** What Pulumi said; absent until it is asked, and where it is not asked at all. */
  readonly engine?: EngineAnswer;
}

/** By mode, in the order of their names. */
export function reportsOf(base: Side, head: Side): ModeReport[] {
  return [...new Set([...base.keys(), ...head.keys()])]
    .sort()
    .map((mode) => reportOf(mode, base.get(mode), head.get(mode)));
}

function reportOf(mode: string, base: ModeSide | undefined, head: ModeSide | undefined): ModeReport {
  const former = base?.state === "declared" ? base.manifests : [];
  if (head === undefined) {
    return { mode, verdict: "changed", sentence: "the mode is gone", objects: differences(former, []) };
  }
  if (head.state !== "declared") {
    const verdict = head.state === "refused" ? "refused" : "error";
    const was = base?.state === head.state ? ", as on the base" : "";
    return { mode, verdict, sentence: `${firstFault(head.why)}${was}`, refusal: head.why, objects: [] };
  }
  const violations = policyViolations(head.manifests).map((one) => `${one.policy}: ${violationText(one)}`);
  const objects = differences(former, head.manifests);
  if (violations.length > 0) {
    const sentence = `against policy: ${violations[0]}`;
    return { mode, verdict: "refused", sentence, refusal: violations.join("\n"), objects };
  }
  if (base === undefined) {
    return { mode, verdict: "changed", sentence: `a new mode with ${objects.length} objects`, objects };
  }
  if (base.state !== "declared") {
    return { mode, verdict: "changed", sentence: `fixed: the base's is ${base.state}`, objects };
  }
  return objects.length === 0
    ? { mode, verdict: "unchanged", sentence: "nothing", objects }
    : { mode, verdict: "changed", sentence: consequences(objects, runs(head.manifests)).join("; "), objects };
}

/** Whether the mode has a pod of the server. */
function runs(manifests: readonly Manifest[]): boolean {
  const server = manifests.find(
    ({ kind, metadata }) => kind === "Deployment" && metadata.name === names.deployment,
  );
  return (server?.spec as { replicas?: number } | undefined)?.replicas !== 0;
}

/** What somebody who runs or uses the mode will notice. */
function consequences(objects: readonly ObjectDifference[], hasPod: boolean): string[] {
  const fields = objects.flatMap((one) => one.fields.map((field) => ({ ...field, object: one.object })));
  const server = fields.filter(({ object }) => object === `Deployment/${names.deployment}`);
  const changed = (pattern: RegExp): ChangedField | undefined =>
    server.find(({ field }) => pattern.test(field));
  const image = changed(/\.image$/);
  const context = changed(/\[--max-model-len\]$/);
  const told = (what: string, one: ChangedField | undefined): string[] =>
    one === undefined ? [] : [`${what} ${one.before ?? "none"} → ${one.after ?? "none"}`];
  const count = objects.length + fields.length - objects.filter(({ change }) => change === "changed").length;
  return [
    `${count} ${count === 1 ? "change" : "changes"}`,
    ...told("image", image),
    ...told("context", context),
    ...(hasPod && server.some(({ field }) => field.startsWith("spec.template.")) ? ["the pod restarts"] : []),
    ...told("replicas", changed(/^spec\.replicas$/)),
    ...(fields.some(({ field }) => field.startsWith("spec.ipAllowList."))
      ? ["clients see a new address list"]
      : []),
    ...(fields.some(
      ({ object, field }) => /^IngressRoute\//.test(object) && /^spec\.(routes|tls)/.test(field),
    )
      ? ["clients see another route"]
      : []),
    ...objects
      .filter(({ change }) => change !== "changed")
      .map(({ object, change }) => `${object} is ${change}`),
  ];
}

/** The first fault where they are listed, else the first line; the whole stands below the table. */
function firstFault(why: string): string {
  const [first = "", second] = why.split("\n").filter((line) => line.trim() !== "");
  return (first.endsWith(":") && second !== undefined ? second : first).trim().replace(/\.$/, "");
}
