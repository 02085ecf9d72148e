// What an update does in the cluster, by what its plan declares.
import { declaredObjects } from "../../../stacks/manifests/index.ts";
import type { Plan } from "../../../stacks/plan/index.ts";
import { names } from "../../../stacks/vocabulary/names.ts";
import { irreplaceable, type PlatformObject } from "../../../stacks/vocabulary/objects.ts";
import { leaseObject } from "../../lease/lease-object.ts";
import type { Right } from "./right.ts";

/** What updates of the plan, and its removal, do in the cluster. @param isNew whether the platform's namespace is still to be made */
export function neededRights(plan: Plan, isNew: boolean): Right[] {
  const rights = (
    verbs: readonly string[],
    { apiVersion, resource, namespace, name }: Omit<PlatformObject, "kind" | "madeByHand">,
  ): Right[] =>
    verbs.map((verb) => ({
      verb,
      group: apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "",
      resource,
      ...(namespace === undefined ? {} : { namespace }),
      // A name is not known to the API server before the object is made, so no rule can be about it.
      ...(verb === "create" && !resource.includes("/") ? {} : { name }),
    }));
  const ofPods = (resource: string, verb: string): Right => ({
    verb,
    group: "",
    resource,
    namespace: names.namespace,
  });
  return [
    ...declaredObjects(plan).flatMap((object) =>
      object.kind === "Namespace"
        ? // To the API server a namespace lies within itself.
          rights(["get", "patch"], { ...object, namespace: object.name })
        : // The next mode's update removes what it does not declare, and a destroy all.
          rights(["get", "create", "patch", ...(irreplaceable.includes(object) ? [] : ["delete"])], object),
    ),
    ...(isNew ? [{ verb: "create", group: "", resource: "namespaces" }] : []),
    ...rights(["get", "create", "update"], leaseObject),
    ofPods("pods", "list"),
    // A pod that failed before is made anew.
    ofPods("pods", "delete"),
    ...(plan.serves
      ? [ofPods("pods/log", "get"), ofPods("pods/portforward", "create"), ofPods("pods/portforward", "get")]
      : []),
    { verb: "list", group: "", resource: "nodes" },
  ];
}
