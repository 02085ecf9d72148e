/** Who set a field of a live object, and when, as the API server records it. Pure. */
import type { LiveObject } from "../api/index.ts";
import type { ManagedFields } from "../api/managed-fields.ts";
import { fieldNames } from "../fields/managed-fields.ts";
import { isOurs } from "../fields/managers.ts";

export interface Author {
  by?: string;
  at?: string;
}

/**
 * The manager that owns a field, another one before the platform's own; nothing where none does, as when the field is gone.
 * @param field in words, as `fieldChanges` and `fieldNames` have it
 */
export function authorOf(field: string, { metadata: { managedFields = [] } }: LiveObject): Author {
  const owners = [field, listOf(field)]
    .map((one) => managedFields.filter((entry) => owns(entry, one)))
    .find((found) => found.some((entry) => !isOurs(entry)));
  const [author] = (owners ?? [])
    .filter((entry) => !isOurs(entry))
    .sort((a, b) => (b.time ?? "").localeCompare(a.time ?? ""));
  return author === undefined ? {} : authorship(author);
}

export function authorship({ manager, time }: ManagedFields): Author {
  return { by: manager, ...(time === undefined ? {} : { at: time }) };
}

function owns({ fieldsV1 = {} }: ManagedFields, field: string): boolean {
  return fieldNames(fieldsV1).some((name) => isWithin(name, field) || isWithin(field, name));
}

/** Whether a field is another, or lies below it. */
export function isWithin(field: string, other: string): boolean {
  return field === other || (field.startsWith(other) && /^[.[ ]/.test(field.slice(other.length)));
}

/** The list that an entry is of: entries are named by other keys in a declaration than in a field set. */
function listOf(field: string): string {
  return field.replace(/\[[^\]]*\][^[\]]*$/, "");
}
