/** What differs between the objects that two commits declare for a mode. Pure. */
import { shownValue } from "../../cluster/drift/shown.ts";
import { byFlags } from "../../cluster/fields/arguments.ts";
import { fieldChanges, undeclaredFields } from "../../cluster/fields/changes.ts";
import type { Manifest } from "../../stacks/manifests/index.ts";
import { titleOf } from "../../stacks/vocabulary/objects.ts";

/** A field by its path in words, with both values as far as they may be shown. */
export interface ChangedField {
  readonly field: string;
  /** Which side has it. */
  readonly change: "added" | "removed" | "changed";
  readonly before?: string;
  readonly after?: string;
}

export interface ObjectDifference {
  /** `Deployment/vllm-server`. */
  readonly object: string;
  readonly change: "added" | "removed" | "changed";
  /** Empty for an object that only one side has. */
  readonly fields: readonly ChangedField[];
}

/** In the order of the head's objects; those that only the base has come last. */
export function differences(base: readonly Manifest[], head: readonly Manifest[]): ObjectDifference[] {
  const [before, after] = [byTitle(base), byTitle(head)];
  const there = [...after].flatMap(([object, manifest]): ObjectDifference[] => {
    const former = before.get(object);
    if (former === undefined) return [{ object, change: "added", fields: [] }];
    const fields = changedFields(former, manifest);
    return fields.length === 0 ? [] : [{ object, change: "changed", fields }];
  });
  const gone = [...before.keys()]
    .filter((object) => !after.has(object))
    .map((object): ObjectDifference => ({ object, change: "removed", fields: [] }));
  return [...there, ...gone];
}

function byTitle(manifests: readonly Manifest[]): Map<string, Manifest> {
  return new Map(manifests.map((one) => [titleOf(one), one]));
}

function changedFields(before: Manifest, after: Manifest): ChangedField[] {
  const changes = [...fieldChanges(before, after), ...undeclaredFields(before, after)];
  return changes.flatMap(byFlags).map(({ field, declared, found }): ChangedField => {
    const [was, is] = [shownValue(field, declared), shownValue(field, found)];
    return {
      field,
      change: declared === undefined ? "added" : found === undefined ? "removed" : "changed",
      ...(was === undefined ? {} : { before: was }),
      ...(is === undefined ? {} : { after: is }),
    };
  });
}
