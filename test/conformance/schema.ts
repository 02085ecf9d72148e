/** The part of a plugin's schema that tells a resource type's shape, without its documentation. */
import type { Plugin } from "./plugin.ts";

interface Property {
  type?: string;
  $ref?: string;
  secret?: true;
}
interface Resource {
  inputProperties: Record<string, string>;
  requiredInputs: string[];
  properties: Record<string, string>;
  required: string[];
}
export interface ResourceSchema {
  token: string;
  resource: Resource;
}

/** Reads the plugin's schema; each property as its type, or what it refers to, with `secret` before it where it is. */
export async function readSchema(
  plugin: Plugin,
): Promise<{ description?: string; resources: Record<string, Resource> }> {
  const answer = await plugin.call("getSchema", { version: 0 });
  if (!("reply" in answer)) throw new Error(`no schema: ${answer.error.message}`);
  const schema = JSON.parse(String(answer.reply.schema)) as {
    description?: string;
    resources: Record<string, { [Key in keyof Resource]?: Record<string, Property> & string[] }>;
  };
  const types = (properties: Record<string, Property> = {}) =>
    Object.fromEntries(
      Object.entries(properties).map(([name, { type, $ref, secret }]) => [
        name,
        `${secret ? "secret " : ""}${type ?? $ref}`,
      ]),
    );
  const resources = Object.entries(schema.resources).map(([token, resource]): [string, Resource] => [
    token,
    {
      inputProperties: types(resource.inputProperties),
      requiredInputs: (resource.requiredInputs ?? []).toSorted(),
      properties: types(resource.properties),
      required: (resource.required ?? []).toSorted(),
    },
  ]);
  return {
    ...(schema.description !== undefined && { description: schema.description }),
    resources: Object.fromEntries(resources),
  };
}

/** Of what the official plugins describe, the part that this project uses. */
export function usedPart(described: Resource, { resource }: ResourceSchema): Resource {
  const used = (all: Record<string, string>, wanted: Record<string, string>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => name in wanted));
  return {
    ...described,
    inputProperties: used(described.inputProperties, resource.inputProperties),
    properties: used(described.properties, resource.properties),
  };
}

const commandInputs = {
  create: "string",
  update: "string",
  delete: "string",
  stdin: "string",
  logging: "#/types/command:local:Logging",
  environment: "object",
  addPreviousOutputInEnv: "boolean",
};

/** As recorded from the official plugin 1.2.1. */
export const commandSchema: ResourceSchema = {
  token: "command:local:Command",
  resource: {
    inputProperties: commandInputs,
    requiredInputs: [],
    properties: { ...commandInputs, stdout: "string", stderr: "string" },
    required: ["stderr", "stdout"],
  },
};

const stored = {
  bcryptHash: "secret string",
  length: "integer",
  lower: "boolean",
  minLower: "integer",
  minNumeric: "integer",
  minSpecial: "integer",
  minUpper: "integer",
  number: "boolean",
  numeric: "boolean",
  result: "secret string",
  special: "boolean",
  upper: "boolean",
};

/** As recorded from the official plugin's source, see random/index.ts. */
export const randomSchema: ResourceSchema = {
  token: "random:index/randomPassword:RandomPassword",
  resource: {
    inputProperties: { length: "integer", special: "boolean" },
    requiredInputs: ["length"],
    properties: stored,
    required: Object.keys(stored).toSorted(),
  },
};
