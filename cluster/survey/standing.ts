/**
 * What a stack finds in the cluster when it takes the GPU, in one line: a state that knows none of these objects lists them all as
 * created, though each is there and only some are changed. Pure.
 */
import type { Manifest } from "../../stacks/manifests/index.ts";
import { switchAnnotation } from "../../stacks/vocabulary/names.ts";
import { claimObject, objectTitle, type PlatformObject } from "../../stacks/vocabulary/objects.ts";
import type { LiveObject } from "../api/index.ts";
import { changedFields } from "../fields/changes.ts";

/** A declared object that is there, with both its forms. */
export interface Standing {
  object: PlatformObject;
  declared: Manifest;
  live: LiveObject;
}

/** The line; undefined where nothing of it is there yet. */
export function standingText(
  standing: readonly Standing[],
  missing: readonly PlatformObject[],
): string | undefined {
  if (standing.length === 0) {
    return undefined;
  }
  const changed = standing.flatMap(({ object, declared, live }) => {
    // The claim is what the switch itself is.
    const fields =
      object === claimObject ? [] : changedFields(contentOf(declared), live).filter(isOfInterest);
    return fields.length === 0 ? [] : [`${objectTitle(object)} (${fields.join(", ")})`];
  });
  const [count, be] = standing.length === 1 ? ["1 object", "is"] : [`${standing.length} objects`, "are"];
  return [
    `${count} ${be} in the cluster already, and ${be} taken over as ${be === "is" ? "it stands" : "they stand"}.`,
    changed.length === 0 ? "Nothing of it changes." : `Changed: ${changed.join("; ")}.`,
    ...(missing.length === 0 ? [] : [`Made: ${missing.map(objectTitle).join(", ")}.`]),
  ].join(" ");
}

/** What a person compares: neither the kind nor the name, by which it was found. */
function contentOf({ apiVersion: _version, kind: _kind, ...content }: Manifest): object {
  return content;
}

/** The number of the switch says nothing that the switch itself does not. */
function isOfInterest(field: string): boolean {
  return !field.includes(switchAnnotation);
}
