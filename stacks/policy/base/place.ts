/** A value somewhere in an object, with the way to it, so that whatever is wrong there can be named. */
import type { Manifest } from "../../manifests/index.ts";
import { shownValue } from "../../rules/redact.ts";
import { titleOf } from "../../vocabulary/objects.ts";

export interface Place {
  /** As messages call it: `Deployment/vllm-server`. */
  readonly object: string;
  /** `spec.template.spec.containers[vllm].image`; empty for the object itself. */
  readonly field: string;
  /** Undefined where there is nothing. */
  readonly value: unknown;
}

/** What is wrong at a place. */
export interface Breach {
  readonly object: string;
  readonly field: string;
  /** The value as a person may see it: never a secret, never long; `missing` where there is none. */
  readonly found: string;
  /** An order. */
  readonly fix: string;
}

export function placeOf(manifest: Manifest): Place {
  return { object: titleOf(manifest), field: "", value: manifest };
}

/** The place below, by one key after the other. */
export function at(place: Place, ...keys: readonly string[]): Place {
  return keys.reduce<Place>(
    ({ object, field, value }, key) => ({
      object,
      field: `${field}${/[./]/.test(key) ? `["${key}"]` : `${field === "" ? "" : "."}${key}`}`,
      value: Object.hasOwn(Object(value), key) ? Object(value)[key] : undefined,
    }),
    place,
  );
}

/** Each item of a list, by its name where it has one; none where there is no list. */
export function itemsAt(place: Place, ...keys: readonly string[]): Place[] {
  const { object, field, value } = at(place, ...keys);
  return (Array.isArray(value) ? value : []).map((item: unknown, index) => ({
    object,
    field: `${field}[${Object(item).name ?? index}]`,
    value: item,
  }));
}

/** Each value by its key; none where there is no group. */
export function entriesAt(place: Place, ...keys: readonly string[]): [string, Place][] {
  const group = at(place, ...keys);
  return Object.keys(Object(group.value)).map((key) => [key, at(group, key)]);
}

export function breach({ object, field, value }: Place, fix: string): Breach {
  return { object, field, found: foundText(value), fix };
}

/** Nothing where the value is the demanded one. */
export function mustBe(place: Place, demanded: string | number | boolean): Breach[] {
  return must(place, place.value === demanded, `Set it to ${demanded}`);
}

/** Nothing where the demand holds. */
export function must(place: Place, holds: boolean, fix: string): Breach[] {
  return holds ? [] : [breach(place, fix)];
}

function foundText(value: unknown): string {
  if (value === undefined || value === null) {
    return "missing";
  }
  const shown = shownValue([], value);
  return (typeof shown === "string" ? shown : JSON.stringify(shown)).replace(/\s+/g, " ");
}
