// Walks the schema of the settings: what stands at a path, which keys a group has, how a value is meant.
import type { z } from "zod";
import { settingsSchema } from "./index.ts";

type Schema = z.core.$ZodType;
type Definition = {
  type: string;
  innerType?: Schema;
  shape?: Record<string, Schema>;
  element?: Schema;
  valueType?: Schema;
};

export function definitionOf(schema: Schema): Definition {
  return schema._zod.def as unknown as Definition;
}

/** The schema without what says only that it may be absent. */
export function innerSchema(schema: Schema): Schema {
  const { type, innerType } = definitionOf(schema);
  return innerType !== undefined && ["default", "prefault", "optional"].includes(type)
    ? innerSchema(innerType)
    : schema;
}

/** The fields of a group, else nothing. */
export function fieldsOf(schema: Schema): Record<string, Schema> | undefined {
  return definitionOf(innerSchema(schema)).shape;
}

/** What stands under a key of a group, a mapping or a list. */
export function childSchema(schema: Schema, key: PropertyKey): Schema | undefined {
  const { shape, valueType, element } = definitionOf(innerSchema(schema));
  if (shape !== undefined) {
    return Object.hasOwn(shape, key) ? shape[String(key)] : undefined;
  }
  return valueType ?? element;
}

/** The schema at a path below the settings; nothing where the path leaves them. */
export function schemaAt(path: readonly PropertyKey[]): Schema | undefined {
  return path.reduce<Schema | undefined>(
    (schema, key) => (schema === undefined ? undefined : childSchema(schema, key)),
    settingsSchema,
  );
}
