/** Taking an object over from its other managers: whose fields, what of them goes, what stays. Pure. */

import type { Manifest } from "../../stacks/manifests/index.ts";
import { fieldManager } from "../../stacks/vocabulary/names.ts";
import { objectTitle, type PlatformObject } from "../../stacks/vocabulary/objects.ts";
import type { LiveObject } from "../api/index.ts";
import type { FieldSet, ManagedFields } from "../api/managed-fields.ts";
import { difference, fieldNames, leftovers, surplus, union, within } from "./managed-fields.ts";
import { holdsContent, isController, isHand, isOurs } from "./managers.ts";
import { ownerOf } from "./owner.ts";

/** What is to be put right of a live object besides what the mode's files change. */
export interface Takeover {
  /** Managers whose fields are taken over; none where only what nobody declares is to go. */
  managers: string[];
  /** What goes, in words: fields that are not declared, and entries that go from lists of which others stay. */
  leaving: string[];
}

/** What a person is told of a takeover, in one line. */
export function takeoverText(object: PlatformObject, live: LiveObject, takeover: Takeover): string {
  const title = objectTitle(object);
  const managers = takeover.managers.join(", ");
  const leaving = takeover.leaving.join(", ");
  if (managers === "") {
    return `${title} holds what is not declared, and that goes: ${leaving}`;
  }
  const how =
    ownerOf(object, live).owner === "ours"
      ? `was changed by hand (${managers}) and is put right`
      : `is taken over from ${managers} where it stands, and not made anew`;
  return `${title} ${how}${leaving === "" ? "" : `; what only they had set goes: ${leaving}`}`;
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
 * What is to be put right of an object; undefined where there is nothing. Fields of other managers are, and also what the
 * engine overlooks: it compares a live list or map only as far as the declared one goes, so whatever someone added behind
 * that would stay for good once it counts as the platform's own.
 * @param declared the object as it is declared, all of it.
 */
export function takeoverOf(live: LiveObject, declared: Manifest): Takeover | undefined {
  const { taken, kept, managers } = divide(live);
  const ours = (live.metadata.managedFields ?? []).find(isOurs)?.fieldsV1;
  const others = Object.keys(difference(taken, ours)).length === 0 ? [] : managers;
  if (others.length === 0 && ours === undefined) {
    return undefined;
  }
  const undeclared = leftovers(union(taken, ours), kept, live, declared);
  // Who made an object with kubectl counts as owner of its defaults too, and those do not go.
  const written = ours === undefined ? lastApplied(live) : undefined;
  const leaving = [
    ...fieldNames(written === undefined ? undeclared : within(undeclared, written)),
    ...surplus(taken, live, declared, { onlyOverlooked: false }),
    ...surplus(union(ours, kept), live, declared, { onlyOverlooked: true }),
  ];
  return others.length === 0 && leaving.length === 0
    ? undefined
    : { managers: others, leaving: [...new Set(leaving)] };
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

/** A manager's fields that are the platform's to take, or are nobody's here. */
export interface Foreign {
  entry: ManagedFields;
  fields: FieldSet;
}

/** What others than the platform own of an object and may be taken over, without what it owns as well. */
export function foreignFields(live: LiveObject): Foreign[] {
  const ours = (live.metadata.managedFields ?? []).find(isOurs)?.fieldsV1;
  return divide(live).takenFrom.flatMap(({ entry, fields }) => {
    const alone = difference(fields, ours);
    return Object.keys(alone).length === 0 ? [] : [{ entry, fields: alone }];
  });
}

/** Divides an object's fields into those to be taken over and those that their managers keep. */
function divide(live: LiveObject): {
  taken: FieldSet;
  kept: FieldSet;
  managers: string[];
  takenFrom: Foreign[];
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
  const takenFrom: Foreign[] = [];
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
    takenFrom.push({ entry, fields: taken });
    const left = difference(fields, taken);
    if (Object.keys(left).length > 0) {
      rest.push({ ...entry, fieldsV1: left });
    }
  }
  return {
    taken: union(...takenFrom.map(({ fields }) => fields)),
    kept: union(isKept, ...rest.map(({ fieldsV1 }) => fieldsV1)),
    managers: [...new Set(takenFrom.map(({ entry }) => entry.manager))],
    takenFrom,
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
