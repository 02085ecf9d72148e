// Whom a label selector means.
import { entriesAt, type Place } from "../base/place.ts";

/** Whether a selector of `matchLabels` matches pods with these labels; one that names no label is taken for none. */
export function selects(selector: Place, labels: unknown): boolean {
  const wanted = entriesAt(selector, "matchLabels");
  return wanted.length > 0 && wanted.every(([key, { value }]) => Object(labels)[key] === value);
}
