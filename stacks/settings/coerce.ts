// Reads values as they are meant. `pulumi config set` writes every value as text, the engine hands groups over as JSON,
// and YAML reads `4` and `true` as no text; a hand-written file and a `config set` must mean the same.
import type { z } from "zod";
import { childSchema, definitionOf, innerSchema } from "./schema-tree.ts";

/** A group or list that was handed over as JSON text; any other value as it is. */
export function fromJsonText(schema: z.core.$ZodType, value: unknown): unknown {
  const { type } = definitionOf(innerSchema(schema));
  if (typeof value !== "string" || !["object", "array", "record"].includes(type)) {
    return value;
  }
  try {
    return JSON.parse(value);
  } catch {
    return value; // not JSON after all: the schema says what it wanted
  }
}

/** The value as the schema means it, as far as there is one plain meaning; else as it is. */
export function coerce(schema: z.core.$ZodType, value: unknown): unknown {
  const inner = innerSchema(schema);
  const { type } = definitionOf(inner);
  if (typeof value === "string") {
    return fromText(type, value);
  }
  if (typeof value === "number" || typeof value === "boolean") {
    return type === "string" || type === "enum" || type === "union" ? String(value) : value;
  }
  if (Array.isArray(value)) {
    return type === "array" ? value.map((element) => coerceChild(inner, 0, element)) : value;
  }
  if (typeof value === "object" && value !== null && (type === "object" || type === "record")) {
    return Object.fromEntries(
      Object.entries(value).map(([key, element]) => [key, coerceChild(inner, key, element)]),
    );
  }
  return value;
}

function coerceChild(schema: z.core.$ZodType, key: PropertyKey, value: unknown): unknown {
  const child = childSchema(schema, key);
  return child === undefined ? value : coerce(child, value);
}

function fromText(type: string, text: string): unknown {
  if ((type === "number" || type === "int") && /^-?\d+(\.\d+)?$/.test(text.trim())) {
    return Number(text);
  }
  if (type === "boolean" && (text === "true" || text === "false")) {
    return text === "true";
  }
  return text;
}
