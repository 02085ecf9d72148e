/** Whether the credentials may do what an update does. The API server tells each user what that user may do. */

import { declaredObjects } from "../../stacks/manifests/index.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import { names } from "../../stacks/vocabulary/names.ts";
import type { PlatformObject } from "../../stacks/vocabulary/objects.ts";
import { ApiError, type ClusterApi } from "../api/index.ts";
import type { Finding } from "../findings/finding.ts";
import { leaseObject } from "../lease/lease-object.ts";
import { irreplaceable } from "../survey/leftovers.ts";

const rightsItem = "rights";

/** One thing that somebody may do, as the API server calls it. */
interface Right {
  verb: string;
  /** API group; empty for the core's. */
  group: string;
  /** Plural, with the subresource where one is meant: `pods/log`. */
  resource: string;
  /** Absent for an object of the whole cluster. */
  namespace?: string;
  /** Absent where any name is meant. */
  name?: string;
}

/** A rule of a Role, as a review gives it. */
interface Rule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
}

const reviews = "/apis/authorization.k8s.io/v1";
const namespacePath = `/api/v1/namespaces/${names.namespace}`;

/** What updates of the plan, and its removal, do in the cluster. @param isNew whether the platform's namespace is still to be made */
function neededRights(plan: Plan, isNew: boolean): Right[] {
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

/**
 * Asks for the rights that an update of the plan needs: in two questions, and once more for each that their answers lack, as
 * an API server may not be able to list all rules.
 * @throws UnreachableError where the cluster does not answer.
 */
export async function checkRights(plan: Plan, api: ClusterApi): Promise<Finding> {
  try {
    const [isNew, ofPlatform, ofLease] = await Promise.all([
      api.get(namespacePath).then((found) => found === undefined, isForbidden(false)),
      rulesIn(api, names.namespace),
      rulesIn(api, leaseObject.namespace ?? ""),
    ]);
    const rules = new Map([
      [names.namespace as string, ofPlatform],
      [leaseObject.namespace ?? "", ofLease],
    ]);
    const open = neededRights(plan, isNew).filter(
      (right) => !(rules.get(right.namespace ?? "") ?? []).some((rule) => allows(rule, right)),
    );
    const allowed = await Promise.all(open.map((right) => mayDo(api, right)));
    const missing = open.filter((_, place) => !allowed[place]);
    return missing.length === 0
      ? { item: rightsItem, state: "ok", found: "these credentials may do all that an update does" }
      : lacking(`these credentials may not ${phrases(missing).join("; ")}`);
  } catch (error) {
    if (error instanceof ApiError) {
      return unasked(api, error);
    }
    throw error;
  }
}

/** Every user that has logged in may ask; who may neither ask nor read may do nothing here. */
async function unasked(api: ClusterApi, { message }: ApiError): Promise<Finding> {
  const blind = await api
    .get(`${namespacePath}/configmaps/${names.claim}`)
    .then(() => false, isForbidden(true));
  return blind
    ? lacking(`these credentials may do nothing here: ${message}`)
    : {
        item: rightsItem,
        state: "unknown",
        found: `the API server does not tell what these credentials may do: ${message}`,
        fix: `Ask by hand: \`kubectl auth can-i --list -n ${names.namespace}\``,
      };
}

function lacking(found: string): Finding {
  return {
    item: rightsItem,
    state: "fault",
    found,
    fix: "Have somebody grant them, as in docs/rbac/updater.yaml, or use another context: cluster.context in Pulumi.yaml",
  };
}

/** For a promise that may be refused by the API server. */
function isForbidden<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof ApiError) {
      return value;
    }
    throw error;
  };
}

async function rulesIn(api: ClusterApi, namespace: string): Promise<Rule[]> {
  const { status } = await api.create<{ status?: { resourceRules?: Rule[] } }>(
    `${reviews}/selfsubjectrulesreviews`,
    { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } },
  );
  return status?.resourceRules ?? [];
}

async function mayDo(api: ClusterApi, { verb, group, resource, namespace, name }: Right): Promise<boolean> {
  const [plural, subresource] = resource.split("/");
  const { status } = await api.create<{ status?: { allowed?: boolean } }>(
    `${reviews}/selfsubjectaccessreviews`,
    {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { verb, group, resource: plural, subresource, namespace, name } },
    },
  );
  return status?.allowed ?? false;
}

/** Whether a rule that holds in the right's namespace allows it (Kubernetes, RBAC). */
function allows({ verbs, apiGroups = [], resources = [], resourceNames = [] }: Rule, right: Right): boolean {
  const names = (list: readonly string[], ...wanted: string[]) =>
    wanted.some((one) => list.includes(one)) || list.includes("*");
  const [, subresource] = right.resource.split("/");
  return (
    names(verbs, right.verb) &&
    names(apiGroups, right.group) &&
    names(resources, right.resource, ...(subresource === undefined ? [] : [`*/${subresource}`])) &&
    (resourceNames.length === 0 || (right.name !== undefined && resourceNames.includes(right.name)))
  );
}

/** `create and patch configmaps, deployments.apps in namespace ml`: one phrase for all that lack the same. */
function phrases(rights: readonly Right[]): string[] {
  const kinds = new Map<string, { kind: string; place: string; verbs: Set<string> }>();
  for (const { verb, group, resource, namespace } of rights) {
    const kind = group === "" ? resource : `${resource}.${group}`;
    const place = namespace === undefined || kind === "namespaces" ? "" : ` in namespace ${namespace}`;
    const one = kinds.get(kind + place) ?? { kind, place, verbs: new Set() };
    kinds.set(kind + place, { ...one, verbs: one.verbs.add(verb) });
  }
  const alike = new Map<string, string[]>();
  for (const { kind, place, verbs } of kinds.values()) {
    const key = JSON.stringify([[...verbs], place]);
    alike.set(key, [...(alike.get(key) ?? []), kind]);
  }
  return [...alike].map(([key, those]) => {
    const [verbs, place] = JSON.parse(key) as [string[], string];
    return `${listed(verbs)} ${those.join(", ")}${place}`;
  });
}

/** `get, create and patch` */
function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
