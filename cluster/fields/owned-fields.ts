/** The part of a live object that one field manager owns: what it would have to apply again to change nothing. Pure. */
import type { FieldSet } from "../api/managed-fields.ts";

/**
 * Cuts the fields of a set out of a value. A field without further steps is taken as a whole, as a scalar or as a list or
 * map that Kubernetes treats as one.
 */
export function ownedPart(set: FieldSet, live: unknown): unknown {
  const steps = Object.entries(set).filter(([step]) => step !== ".");
  if (steps.length === 0) {
    return "." in set && typeof live === "object" && live !== null ? (Array.isArray(live) ? [] : {}) : live;
  }
  return Array.isArray(live) ? entriesOf(steps, live) : fieldsOf(steps, live);
}

function fieldsOf(steps: [string, FieldSet][], live: unknown): Record<string, unknown> {
  const from = (live ?? {}) as Record<string, unknown>;
  return Object.fromEntries(
    steps
      .map(([step, inner]) => [step.slice("f:".length), inner] as const)
      .filter(([name]) => from[name] !== undefined)
      .map(([name, inner]) => [name, ownedPart(inner, from[name])]),
  );
}

/** Entries of a list, in the list's own order: by their keys (`k:{"name":"vllm"}`), or by value (`v:"a"`). */
function entriesOf(steps: [string, FieldSet][], live: unknown[]): unknown[] {
  return live.flatMap((entry) => {
    for (const [step, inner] of steps) {
      const wanted = JSON.parse(step.slice("k:".length)) as unknown;
      if (step.startsWith("v:") ? entry === wanted : isEntryWith(entry, wanted as Record<string, unknown>)) {
        return [
          step.startsWith("v:")
            ? entry
            : { ...(wanted as object), ...(ownedPart(inner, entry) as Record<string, unknown>) },
        ];
      }
    }
    return [];
  });
}

function isEntryWith(entry: unknown, keys: Record<string, unknown>): boolean {
  return (
    typeof entry === "object" &&
    entry !== null &&
    Object.entries(keys).every(([key, value]) => (entry as Record<string, unknown>)[key] === value)
  );
}
