import leven from "leven";
import type { z } from "zod";
import { type Fault, RefusedError } from "./errors.ts";
import { type Settings, settingsSchema } from "./settings.ts";

/** Raw values by key, and the file that each was written in. */
export interface RawSettings {
  mode: string;
  values: Record<string, unknown>;
  /** File to name for a key; for a key that stands nowhere, the mode's own file. */
  fileOf(key: string): string;
  /** Keys whose values must never be shown. */
  secretKeys?: ReadonlySet<string>;
}

/**
 * Checks the values against the schema and fills in the defaults.
 * @throws RefusedError naming every fault at once, each with file, key, value seen and mend.
 */
export function validateSettings(raw: RawSettings): Settings {
  const result = settingsSchema.safeParse(raw.values);
  if (result.success) {
    return result.data;
  }
  const faults = result.error.issues.flatMap((issue) => faultsOf(issue, raw));
  throw new RefusedError(`The configuration of mode ${raw.mode} is not usable:`, faults);
}

function faultsOf(issue: z.core.$ZodIssue, raw: RawSettings): Fault[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return fault(path, raw, "no such setting", suggestion(path));
    });
  }
  return [
    fault(
      issue.path,
      raw,
      problemOf(issue),
      "Correct or remove it; docs/configuration.md lists what is allowed",
    ),
  ];
}

function fault(path: PropertyKey[], raw: RawSettings, problem: string, mend: string): Fault {
  const top = String(path[0] ?? "");
  const seen = raw.secretKeys?.has(top) ? "(secret)" : valueAt(raw.values, path);
  return {
    where: raw.fileOf(top),
    key: path.join("."),
    ...(seen === undefined ? {} : { seen }),
    problem,
    mend,
  };
}

function problemOf(issue: z.core.$ZodIssue): string {
  const text = issue.message.replace(/^Invalid input: /, "").replace(/\.$/, "");
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The value that the path leads to in what the user wrote, also through values handed over as JSON text. */
function valueAt(values: unknown, path: PropertyKey[]): unknown {
  let value = values;
  for (const key of path) {
    if (typeof value === "string" && /^[[{]/.test(value)) {
      value = JSON.parse(value);
    }
    if (typeof value !== "object" || value === null) {
      return undefined;
    }
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function suggestion(path: PropertyKey[]): string {
  const wanted = String(path.at(-1));
  const known = knownKeys(path.slice(0, -1));
  const nearest = known
    .map((key) => ({ key, distance: leven(wanted.toLowerCase(), key.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return nearest !== undefined && nearest.distance <= Math.max(2, wanted.length / 3)
    ? `Write ${nearest.key}, if that is meant`
    : `Remove it; here there are ${known.join(", ")}`;
}

function knownKeys(parents: PropertyKey[]): string[] {
  let schema: unknown = settingsSchema;
  for (const parent of parents) {
    schema = shapeOf(schema)?.[String(parent)];
  }
  return Object.keys(shapeOf(schema) ?? {});
}

/** The fields of an object schema, through defaults and preprocessing. */
function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  let inner = schema as
    | { shape?: Record<string, unknown>; def?: { innerType?: unknown; out?: unknown } }
    | undefined;
  while (inner !== undefined && inner.shape === undefined) {
    inner = (inner.def?.innerType ?? inner.def?.out) as typeof inner;
  }
  return inner?.shape;
}
