/**
 * Who owns which field of an object, as Kubernetes records it in `metadata.managedFields`, and what of an object only its
 * former managers had set. Pure.
 */

import { isDeepStrictEqual } from "node:util";
import type { FieldSet } from "../api/managed-fields.ts";

/** The fields of several sets together. */
export function union(...sets: readonly (FieldSet | undefined)[]): FieldSet {
  const result: FieldSet = {};
  for (const set of sets) {
    for (const [step, inner] of Object.entries(set ?? {})) {
      result[step] = union(result[step], inner);
    }
  }
  return result;
}

/** The fields of a set that another does not have. A node all of whose fields are gone is gone too. */
export function difference(set: FieldSet, without: FieldSet | undefined): FieldSet {
  const result: FieldSet = {};
  for (const [step, inner] of Object.entries(set)) {
    const other = without?.[step];
    if (other === undefined) {
      result[step] = inner;
      continue;
    }
    const rest = difference(inner, other);
    if (Object.keys(rest).some((name) => name !== ".")) {
      result[step] = rest;
    }
  }
  return result;
}

/**
 * What goes when an object is taken over: the fields that its former managers own and that are not declared. A node is
 * named as a whole where nothing below it is declared or kept.
 * @param taken what the former managers own together.
 * @param kept what others own who keep it.
 * @param declared the object as it is declared; a value that is not plain data counts as declared with all below it.
 */
export function leftovers(
  taken: FieldSet,
  kept: FieldSet | undefined,
  live: unknown,
  declared: unknown,
): FieldSet {
  const result: FieldSet = {};
  for (const [step, inner] of Object.entries(taken)) {
    const place = placeOf(step, live);
    if (place === undefined) {
      continue;
    }
    const wanted = placeOf(step, declared)?.value;
    if (wanted === undefined && kept?.[step] === undefined) {
      result[step] = {};
      continue;
    }
    if (wanted !== undefined && !isPlain(wanted)) {
      continue;
    }
    const below = leftovers(inner, kept?.[step], place.value, wanted);
    if (Object.keys(below).length > 0) {
      result[step] = below;
    }
  }
  return result;
}

/** The fields of a set that a value has. */
export function within(set: FieldSet, value: unknown): FieldSet {
  const result: FieldSet = {};
  for (const [step, inner] of Object.entries(set)) {
    const place = placeOf(step, value);
    if (place === undefined) {
      continue;
    }
    const below = within(inner, place.value);
    if (Object.keys(inner).length === 0 || Object.keys(below).length > 0) {
      result[step] = below;
    }
  }
  return result;
}

/** A set's fields in words: `spec.template.spec.containers[vllm].env[HUGGING_FACE_HUB_TOKEN]`. */
export function fieldNames(set: FieldSet, at = ""): string[] {
  return Object.entries(set).flatMap(([step, inner]) => {
    const name = `${at}${stepName(step, at === "")}`;
    return Object.keys(inner).length === 0 ? [name] : fieldNames(inner, name);
  });
}

/**
 * What live lists and maps hold beyond the declared ones where Kubernetes takes the whole of them for one value, in words:
 * `spec.ingress[1]`, `spec.template.spec.nodeSelector.zone`. No field set names such entries.
 * @param set the fields to look at: where its steps end, Kubernetes looks no further.
 * @param onlyOverlooked leaves out a list or map in which anything else differs too: the engine sees that one by itself.
 */
export function surplus(
  set: FieldSet,
  live: unknown,
  declared: unknown,
  { onlyOverlooked }: { onlyOverlooked: boolean },
  at = "",
): string[] {
  return Object.entries(set).flatMap(([step, inner]) => {
    const [found, wanted] = [placeOf(step, live)?.value, placeOf(step, declared)?.value];
    const name = `${at}${stepName(step, at === "")}`;
    if (Object.keys(inner).some((below) => below !== ".")) {
      return surplus(inner, found, wanted, { onlyOverlooked }, name);
    }
    return onlyOverlooked && !beginsWith(found, wanted) ? [] : entriesBeyond(found, wanted, name);
  });
}

/** Whether a value has all that another has, in the same places. */
function beginsWith(live: unknown, declared: unknown): boolean {
  return isPlain(declared)
    ? isPlain(live) &&
        Array.isArray(live) === Array.isArray(declared) &&
        Object.entries(declared).every(([key, value]) => beginsWith((live as typeof declared)[key], value))
    : live === declared;
}

/** What a list or map has that another has not. */
function entriesBeyond(live: unknown, declared: unknown, at: string): string[] {
  if (Array.isArray(live) && Array.isArray(declared)) {
    const left = [...declared];
    return live.flatMap((entry, index) => {
      const same = left.findIndex((one) => isDeepStrictEqual(one, entry));
      if (same >= 0) {
        left.splice(same, 1);
        return [];
      }
      const within = entriesBeyond(entry, declared[index], `${at}[${index}]`);
      return within.length > 0
        ? within
        : [typeof entry === "string" ? `${at} ${JSON.stringify(entry)}` : `${at}[${index}]`];
    });
  }
  if (!isPlain(live) || !isPlain(declared) || Array.isArray(live) || Array.isArray(declared)) {
    return [];
  }
  return Object.entries(live).flatMap(([key, value]) => {
    const name = `${at}${stepName(`f:${key}`, at === "")}`;
    return declared[key] === undefined ? [name] : entriesBeyond(value, declared[key], name);
  });
}

function stepName(step: string, first: boolean): string {
  const rest = step.slice(2);
  if (step.startsWith("f:")) {
    return /^[\w-]+$/.test(rest) ? `${first ? "" : "."}${rest}` : `["${rest}"]`;
  }
  if (step.startsWith("k:")) {
    return `[${Object.values(JSON.parse(rest) as Record<string, unknown>).join(" ")}]`;
  }
  return `[${rest}]`;
}

interface Place {
  key: string | number;
  value: unknown;
}

/** Where a step leads within a value, if it leads anywhere. */
function placeOf(step: string, value: unknown): Place | undefined {
  const rest = step.slice(2);
  if (step.startsWith("f:")) {
    return isPlain(value) && !Array.isArray(value) && value[rest] !== undefined
      ? { key: rest, value: value[rest] }
      : undefined;
  }
  if (!Array.isArray(value) || !/^[kv]:/.test(step)) {
    return undefined;
  }
  const wanted = JSON.parse(rest) as unknown;
  const index = step.startsWith("v:")
    ? value.indexOf(wanted)
    : value.findIndex((entry) => mayBeEntryWith(entry, wanted as Record<string, unknown>));
  return index < 0 ? undefined : { key: index, value: value[index] };
}

/** Whether a list's entry has the given keys; one that it leaves to its default counts as equal. */
function mayBeEntryWith(entry: unknown, keys: Record<string, unknown>): boolean {
  return (
    isPlain(entry) &&
    !Array.isArray(entry) &&
    Object.entries(keys).every(([key, value]) => entry[key] === undefined || entry[key] === value)
  );
}

/** Whether a value is data that can be looked into: no output that is not known yet. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype)
  );
}
