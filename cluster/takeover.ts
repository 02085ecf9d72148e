/** Taking an object over from its other managers: whose fields, what of them goes, what stays. Pure. */

import { fieldManager } from "../stacks/names.ts";
import { objectTitle, type PlatformObject } from "../stacks/objects.ts";
import type { LiveObject } from "./api.ts";
import {
  difference,
  type FieldSet,
  fieldNames,
  leftovers,
  lostEntries,
  type ManagedFields,
  union,
  within,
} from "./managed-fields.ts";
import { holdsContent, isController, isHand, isOurs } from "./managers.ts";
import { ownerOf } from "./ownership.ts";

/** What taking an object over means for it. */
export interface Takeover {
  /** Managers whose fields are taken over. */
  managers: string[];
  /** Fields that only they had set and that go. */
  leftovers: FieldSet;
  /** The same in words, and entries that go from lists of which others stay. */
  leaving: string[];
}

/** What a person is told of a takeover, in one line. */
export function takeoverText(object: PlatformObject, live: LiveObject, takeover: Takeover): string {
  const managers = takeover.managers.join(", ");
  const how =
    ownerOf(object, live).owner === "ours"
      ? `was changed by hand (${managers}) and is put right`
      : `is taken over from ${managers} where it stands, and not made anew`;
  const leaving =
    takeover.leaving.length === 0 ? "" : `; what only they had set goes: ${takeover.leaving.join(", ")}`;
  return `${objectTitle(object)} ${how}${leaving}`;
}

/** `kubectl rollout restart` says when, not how things should be; taking that away would restart the server once more. */
const restart: FieldSet = {
  "f:spec": {
    "f:template": {
      "f:metadata": { "f:annotations": { "f:kubectl.kubernetes.io/restartedAt": {} } },
    },
  },
};

/**
 * What is to be taken over from an object's other managers; undefined where there is nothing.
 * @param declared the object as it is declared; undefined where that is not known, and then nothing of it counts as left over.
 */
export function takeoverOf(live: LiveObject, declared: unknown): Takeover | undefined {
  const { taken, kept, managers } = divide(live);
  const ours = (live.metadata.managedFields ?? []).find(isOurs)?.fieldsV1;
  const foreignFields = difference(taken, ours);
  if (managers.length === 0 || Object.keys(foreignFields).length === 0) {
    return undefined;
  }
  if (declared === undefined) {
    return { managers, leftovers: {}, leaving: [] };
  }
  const undeclared = leftovers(foreignFields, kept, live, declared);
  // Who made an object with kubectl counts as owner of its defaults too, and those do not go.
  const written = ours === undefined ? lastApplied(live) : undefined;
  const going = written === undefined ? undeclared : within(undeclared, written);
  return {
    managers,
    leftovers: going,
    leaving: [...fieldNames(going), ...lostEntries(taken, live, declared)],
  };
}

/** What someone last applied with kubectl, by the annotation in which it keeps that. */
function lastApplied(live: LiveObject): unknown {
  const text = live.metadata.annotations?.["kubectl.kubernetes.io/last-applied-configuration"];
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * `metadata.managedFields` once the platform has taken over what others own; what is not declared then goes with its next
 * server-side apply.
 */
export function takenOver(live: LiveObject): ManagedFields[] {
  const { taken, rest } = divide(live);
  const entries = live.metadata.managedFields ?? [];
  const ours = entries.find(isOurs);
  const apiVersion = ours?.apiVersion ?? live.apiVersion;
  return [
    {
      manager: fieldManager,
      operation: "Apply",
      ...(apiVersion === undefined ? {} : { apiVersion }),
      time: ours?.time ?? new Date(0).toISOString(),
      fieldsType: "FieldsV1",
      fieldsV1: union(ours?.fieldsV1, taken),
    },
    ...rest,
  ];
}

/** Divides an object's fields into those to be taken over and those that their managers keep. */
function divide(live: LiveObject): {
  taken: FieldSet;
  kept: FieldSet;
  managers: string[];
  rest: ManagedFields[];
} {
  const entries = live.metadata.managedFields ?? [];
  const ourEntry = entries.find(isOurs);
  const isKept: FieldSet =
    live.kind === "PersistentVolumeClaim"
      ? // Its spec cannot change, so whoever asked for it may go on owning it.
        { "f:spec": {} }
      : // Of what is already ours the server runs; what is taken over for the first time starts anew anyway.
        ourEntry === undefined
        ? {}
        : restart;
  const takenSets: FieldSet[] = [];
  const managers: string[] = [];
  const rest: ManagedFields[] = [];
  for (const entry of entries) {
    if (entry === ourEntry) {
      continue;
    }
    const fields = entry.fieldsV1 ?? {};
    const taken = mayBeTaken(entry) ? withoutBranches(fields, isKept) : {};
    if (Object.keys(taken).length === 0) {
      rest.push(entry);
      continue;
    }
    takenSets.push(taken);
    managers.push(entry.manager);
    const left = difference(fields, taken);
    if (Object.keys(left).length > 0) {
      rest.push({ ...entry, fieldsV1: left });
    }
  }
  return {
    taken: union(...takenSets),
    kept: union(isKept, ...rest.map(({ fieldsV1 }) => fieldsV1)),
    managers: [...new Set(managers)],
    rest,
  };
}

/** A set without the branches that another set ends in. */
function withoutBranches(set: FieldSet, branches: FieldSet): FieldSet {
  const result: FieldSet = {};
  for (const [step, inner] of Object.entries(set)) {
    const branch = branches[step];
    if (branch === undefined) {
      result[step] = inner;
    } else if (Object.keys(branch).length > 0) {
      const rest = withoutBranches(inner, branch);
      if (Object.keys(rest).some((name) => name !== ".")) {
        result[step] = rest;
      }
    }
  }
  return result;
}

function mayBeTaken(entry: ManagedFields): boolean {
  const writesObject = entry.subresource === undefined || entry.subresource === "scale";
  // Labels and annotations alone are how controllers mark objects.
  return (
    writesObject &&
    !isOurs(entry) &&
    !isController(entry.manager) &&
    (isHand(entry.manager) || holdsContent(entry))
  );
}
