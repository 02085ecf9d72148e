// The rights of the documented roles, from the files that are applied.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { names } from "../../../stacks/vocabulary/names.ts";
import { deploymentObject } from "../../../stacks/vocabulary/objects.ts";
import type { Right, Rule } from "./right.ts";

export type Role = "updater" | "reader";

/** By which the two roles are told apart. */
export const changesTheServer: Right = {
  verb: "patch",
  group: "apps",
  resource: deploymentObject.resource,
  namespace: names.namespace,
  name: deploymentObject.name,
};

/** Path of the role's file below the project's folder. */
export function roleFile(role: Role): string {
  return `docs/rbac/${role}.yaml`;
}

/** Every single right of a role. */
export function roleRights(role: Role): Right[] {
  const text = readFileSync(join(import.meta.dirname, "../../..", roleFile(role)), "utf8");
  return parseAllDocuments(text).flatMap((document) => {
    const { metadata, rules = [] } = document.toJS() as { metadata: { namespace?: string }; rules?: Rule[] };
    return rules.flatMap((rule) => rightsOf(rule, metadata.namespace));
  });
}

function rightsOf(
  { verbs, apiGroups = [], resources = [], resourceNames }: Rule,
  namespace?: string,
): Right[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) =>
        (resourceNames ?? [undefined]).map((name): Right => {
          // To the API server a namespace lies within itself.
          const place = resource === "namespaces" ? name : namespace;
          return {
            verb,
            group,
            resource,
            ...(place === undefined ? {} : { namespace: place }),
            ...(name === undefined ? {} : { name }),
          };
        }),
      ),
    ),
  );
}
