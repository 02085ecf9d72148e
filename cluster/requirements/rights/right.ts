// What somebody may do in the cluster, and how it is said. Pure.

/** One thing that somebody may do, as the API server calls it. */
export interface Right {
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
export interface Rule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
}

/** Whether a rule that holds in the right's namespace allows it (Kubernetes, RBAC). */
export function allows(
  { verbs, apiGroups = [], resources = [], resourceNames = [] }: Rule,
  right: Right,
): boolean {
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
export function phrases(rights: readonly Right[]): string[] {
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
