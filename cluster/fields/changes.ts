/** Which declared fields a live object has otherwise. Pure. */
import { isDeepStrictEqual } from "node:util";

/** A field that is otherwise than it is declared. */
export interface FieldChange {
  /** In words: `spec.template.spec.containers[vllm].image`. */
  field: string;
  /** Undefined for an entry of a list that is not declared. */
  declared: unknown;
  /** Undefined where it is gone. */
  found: unknown;
}

/**
 * The declared fields whose live values are others. What is not declared, such as a default of the cluster, does not count, nor
 * does a zero or an empty value that the API server left out. An entry of a list is looked up by its name, where all entries have
 * one.
 */
export function fieldChanges(declared: unknown, live: unknown, at = ""): FieldChange[] {
  if (isDeepStrictEqual(declared, live) || (live === undefined && isZero(declared))) {
    return [];
  }
  if (isMap(declared) && isMap(live)) {
    return Object.entries(declared).flatMap(([key, value]) =>
      value === undefined ? [] : fieldChanges(value, live[key], at === "" ? key : step(at, key)),
    );
  }
  if (isNamedList(declared) && isNamedList(live)) {
    const changed = declared.flatMap((entry) =>
      fieldChanges(
        entry,
        live.find(({ name }) => name === entry.name),
        `${at}[${entry.name}]`,
      ),
    );
    const added = live
      .filter(({ name }) => !declared.some((entry) => entry.name === name))
      .map((found) => ({ field: `${at}[${found.name}]`, declared: undefined, found }));
    return [...changed, ...added];
  }
  return [{ field: at, declared, found: live }];
}

/** The fields that only the live object has. */
export function undeclaredFields(declared: unknown, live: unknown): FieldChange[] {
  const told = fieldChanges(declared, live).map(({ field }) => field);
  return fieldChanges(live, declared)
    .filter(({ field, found }) => found === undefined && !told.includes(field))
    .map(({ field, declared: found }) => ({ field, declared: undefined, found }));
}

/** The changed fields by their names alone. */
export function changedFields(declared: unknown, live: unknown): string[] {
  return fieldChanges(declared, live).map(({ field }) => field);
}

function step(at: string, key: string): string {
  return /^[\w-]+$/.test(key) ? `${at}.${key}` : `${at}["${key}"]`;
}

/** What Go's `omitempty` leaves out. */
function isZero(value: unknown): boolean {
  return value === 0 || value === false || value === "" || (Array.isArray(value) && value.length === 0);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNamedList(value: unknown): value is { name: string }[] {
  return Array.isArray(value) && value.every((entry) => isMap(entry) && typeof entry.name === "string");
}
