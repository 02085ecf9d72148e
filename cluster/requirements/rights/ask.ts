// What these credentials may do: the API server tells each user.
import type { ClusterApi } from "../../api/index.ts";
import { allows, type Right, type Rule } from "./right.ts";

const reviews = "/apis/authorization.k8s.io/v1";

/**
 * Those of the rights that these credentials do not have: in a question for each namespace, and once more for each that their answers
 * lack, as an API server may not be able to list all rules, and lists those of the whole cluster as if they were a namespace's.
 * @throws UnreachableError where the cluster does not answer, ApiError where it does not tell.
 */
export async function missingOf(api: ClusterApi, rights: readonly Right[]): Promise<Right[]> {
  const namespaces = [...new Set(rights.flatMap(({ namespace }) => namespace ?? []))];
  const rules = new Map(
    await Promise.all(namespaces.map(async (one) => [one, await rulesIn(api, one)] as const)),
  );
  const open = rights.filter(
    (right) => !(rules.get(right.namespace ?? "") ?? []).some((rule) => allows(rule, right)),
  );
  const allowed = await Promise.all(open.map((right) => mayDo(api, right)));
  return open.filter((_, place) => !allowed[place]);
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
