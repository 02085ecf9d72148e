// The JSON Schemas that give editors completion in the stack files and in Pulumi.yaml, from the schema of the settings.
import { describedAt } from "../settings/described.ts";
import { secretNames } from "../settings/index.ts";

type Json = Record<string, unknown>;

/** What the key of a setting begins with in the files. */
const prefix = "vllm-platform:";

/** Settings of other packages and of Pulumi itself. */
const othersKeys = { [`^(?!${prefix})[^:]+:.`]: true };

const head = {
  $schema: "http://json-schema.org/draft-07/schema#",
  $comment: "Generated from stacks/settings/index.ts by `npm run generate`.",
};

/** Schema of `Pulumi.<mode>.yaml`. */
export function modeFileSchema(): Json {
  return {
    ...head,
    title: "A mode of vllm-platform",
    type: "object",
    properties: {
      config: {
        type: ["object", "null"],
        description: "What this mode is. What all modes share stands in Pulumi.yaml.",
        properties: properties((schema) => schema),
        patternProperties: othersKeys,
        additionalProperties: false,
      },
    },
  };
}

/** Schema of `Pulumi.yaml`, as far as the settings go; a secret cannot stand there. */
export function projectFileSchema(): Json {
  return {
    ...head,
    title: "What all modes of vllm-platform share",
    type: "object",
    properties: {
      config: {
        type: ["object", "null"],
        description: "Settings of all modes. A key in a mode's own file wins.",
        properties: properties((schema, name) =>
          (secretNames as readonly string[]).includes(name) ? undefined : declared(schema),
        ),
        patternProperties: othersKeys,
        additionalProperties: false,
      },
    },
    required: ["name", "runtime"],
  };
}

/** Pulumi wants a group in its project file under `value:`; a plain value may stand there, too. */
function declared(schema: Json): Json {
  const { description, ...bare } = schema;
  const wrapped = {
    type: "object",
    properties: { value: schema, description: { type: "string" } },
    required: ["value"],
  };
  return {
    ...(description === undefined ? {} : { description }),
    ...(schema.type === "object" ? wrapped : { anyOf: [bare, wrapped] }),
  };
}

/** `pulumi config set` writes numbers and switches as text. */
function orText(schema: Json): Json {
  if (schema.type === "boolean") {
    return { ...schema, type: ["boolean", "string"], enum: [true, false, "true", "false"] };
  }
  return schema.type === "integer" || schema.type === "number"
    ? { ...schema, type: [schema.type, "string"], pattern: "^-?\\d+(\\.\\d+)?$" }
    : schema;
}

function properties(change: (schema: Json, name: string) => Json | undefined): Json {
  const properties = describedAt([])?.properties;
  return Object.fromEntries(
    Object.entries(properties ?? {}).flatMap(([name, schema]) => {
      const changed = change(orText(schema as Json), name);
      return changed === undefined ? [] : [[`${prefix}${name}`, changed]];
    }),
  );
}
