// The settings as plain data, by zod's own JSON Schema: what stands at a path, its text, its example and its default.
import { z } from "zod";
import { settingsSchema } from "./index.ts";

/** A setting or a group, as JSON Schema has it. */
export interface Described {
  description?: string;
  examples?: unknown[];
  default?: unknown;
  /** What is allowed, in the words in which an error says it. */
  allowed?: string;
  /** The fields of a group. */
  properties?: Record<string, Described>;
  /** Those of them that have no default and must be there. */
  required?: string[];
  /** What stands under any key of a mapping. */
  additionalProperties?: Described | false;
  /** What a list holds. */
  items?: Described;
}

let all: Described | undefined;

/** What stands at a path below the settings; nothing where the path leaves them. */
export function describedAt(path: readonly PropertyKey[]): Described | undefined {
  all ??= jsonSchema();
  return path.reduce<Described | undefined>((above, key) => {
    const { properties, additionalProperties, items } = above ?? {};
    if (properties !== undefined) {
      return Object.hasOwn(properties, key) ? properties[String(key)] : undefined;
    }
    return items ?? (additionalProperties || undefined);
  }, all);
}

function jsonSchema(): Described {
  return z.toJSONSchema(settingsSchema, {
    io: "input",
    target: "draft-07",
    override: ({ zodSchema, jsonSchema }) => {
      // Zod leaves out default and example of what is read from text, too; a group's defaults are those of its settings.
      const { default: standard, examples } = z.globalRegistry.get(zodSchema) ?? {};
      delete jsonSchema.default;
      Object.assign(
        jsonSchema,
        standard === undefined ? {} : { default: standard },
        examples && { examples },
      );
    },
  }) as Described;
}
