/**
 * Who owns which field of an object, as Kubernetes records it in `metadata.managedFields`, and what of an object only its
 * former managers had set. Pure.
 */

/** Which fields one manager owns: an entry of `metadata.managedFields`. */
export interface ManagedFields {
  manager: string;
  operation: "Apply" | "Update";
  subresource?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: FieldSet;
}

/**
 * Kubernetes' FieldsV1, a tree of steps: `f:<field>`, `k:<keys of a list's entry>`, `v:<value in a list>`, and `.` for the
 * node itself.
 */
export interface FieldSet {
  [step: string]: FieldSet;
}

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

/** JSON pointers (RFC 6901) of a set's fields, in an order in which they can be removed one after the other. */
export function pointersOf(set: FieldSet, live: unknown, at = ""): string[] {
  const places = Object.entries(set)
    .map(([step, inner]) => ({ inner, place: placeOf(step, live) }))
    .filter((found) => found.place !== undefined) as { inner: FieldSet; place: Place }[];
  // Entries of a list from its end, so that the indices before them stay right.
  places.sort((a, b) => Number(b.place.key) - Number(a.place.key));
  return places.flatMap(({ inner, place }) => {
    const pointer = `${at}/${String(place.key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
    return Object.keys(inner).length === 0 ? [pointer] : pointersOf(inner, place.value, pointer);
  });
}

/** A set's fields in words: `spec.template.spec.containers[vllm].env[HUGGING_FACE_HUB_TOKEN]`. */
export function fieldNames(set: FieldSet, at = ""): string[] {
  return Object.entries(set).flatMap(([step, inner]) => {
    const name = `${at}${stepName(step, at === "")}`;
    return Object.keys(inner).length === 0 ? [name] : fieldNames(inner, name);
  });
}

/**
 * Entries of declared lists of words that the live object has and the declared one has not, in words. Kubernetes owns such a
 * list as a whole, so they are no fields of their own.
 */
export function lostEntries(taken: FieldSet, live: unknown, declared: unknown, at = ""): string[] {
  return Object.entries(taken).flatMap(([step, inner]) => {
    const [seen, wanted] = [placeOf(step, live)?.value, placeOf(step, declared)?.value];
    const name = `${at}${stepName(step, at === "")}`;
    return isWords(seen) && isWords(wanted)
      ? seen.filter((word) => !wanted.includes(word)).map((word) => `${name} ${JSON.stringify(word)}`)
      : lostEntries(inner, seen, wanted, name);
  });
}

function isWords(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
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
    : value.findIndex((entry) => hasKeys(entry, wanted as Record<string, unknown>));
  return index < 0 ? undefined : { key: index, value: value[index] };
}

/** Whether a list's entry has the given keys; one that it leaves to its default counts as equal. */
function hasKeys(entry: unknown, keys: Record<string, unknown>): boolean {
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
