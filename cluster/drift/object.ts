/** How a live object differs from its declaration: what changed, what was added, and whose fields are no longer ours. Pure. */
import type { Manifest } from "../../stacks/manifests/index.ts";
import { titleOf } from "../../stacks/vocabulary/objects.ts";
import type { LiveObject } from "../api/index.ts";
import { byFlags } from "../fields/arguments.ts";
import { fieldChanges } from "../fields/changes.ts";
import { fieldNames } from "../fields/managed-fields.ts";
import { foreignFields, takeoverOf } from "../fields/takeover.ts";
import { completed } from "../survey/adoption.ts";
import { authorOf, authorship, isWithin } from "./author.ts";
import type { Drift } from "./item.ts";
import { shownValue } from "./shown.ts";

/** @param live undefined where there is none */
export function objectDrift(declared: Manifest, live: LiveObject | undefined): Drift[] {
  const of = { part: "cluster", object: titleOf(declared), fix: "update" } as const;
  if (live === undefined) {
    return [{ ...of, kind: "missing" }];
  }
  // Who may use the namespace is others' to say.
  const whole = declared.kind === "Namespace" ? declared : completed(declared, live);
  const changes = fieldChanges(contentOf(whole), live).flatMap(byFlags);
  const changed = changes.map(
    ({ field, declared: wanted, found }): Drift => ({
      ...of,
      kind: wanted === undefined ? "added" : "changed",
      field,
      ...values(field, wanted, found),
      ...authorOf(field, live),
    }),
  );
  if (declared.kind === "Namespace") {
    return changed;
  }
  const isTold = (field: string, told: readonly { field?: string }[]): boolean =>
    told.some(
      (one) => one.field !== undefined && (isWithin(field, one.field) || isWithin(one.field, field)),
    ) || isWordOfArguments(field, told);
  const added = (takeoverOf(live, whole)?.leaving ?? [])
    .filter((field) => !isTold(field, changed))
    .map((field): Drift => ({ ...of, kind: "added", field, ...authorOf(field, live) }));
  const told = [...changed, ...added];
  const taken = foreignFields(live).flatMap(({ entry, fields }) =>
    fieldNames(fields)
      .filter((field) => !isTold(field, told))
      .map((field): Drift => ({ ...of, kind: "taken", field, ...authorship(entry) })),
  );
  return [...told, ...taken];
}

/** Both values, as far as they may be shown. */
export function values(field: string, declared: unknown, found: unknown): Pick<Drift, "declared" | "found"> {
  const [wanted, live] = [shownValue(field, declared), shownValue(field, found)];
  return {
    ...(wanted === undefined ? {} : { declared: wanted }),
    ...(live === undefined ? {} : { found: live }),
  };
}

/** What is compared: neither the kind nor the name, by which the object was found. */
export function contentOf({ apiVersion: _version, kind: _kind, ...content }: Manifest): object {
  return content;
}

/** Whether a field is a list of arguments, or a word of one, whose flags are told already. */
function isWordOfArguments(field: string, told: readonly { field?: string }[]): boolean {
  const list = /^(.*\.args)(\[\d+\]| ".*")?$/s.exec(field)?.[1];
  return list !== undefined && told.some((one) => one.field?.startsWith(`${list}[`));
}
