/**
 * What a sandbox's API server holds, by a request for each kind: a test looks at a whole mode some hundred times in a run, and a kubectl
 * each time takes more work than all that it asks for.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type ClusterApi, openApi } from "../../cluster/api/index.ts";
import { contextName } from "../../lab/sandbox/base/cluster-config.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { collectionPath } from "../../stacks/vocabulary/objects.ts";

/** An object as the API server lists it. */
export interface Live extends Record<string, unknown> {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
    readonly managedFields: { manager: string; operation: string; subresource?: string; fieldsV1: unknown }[];
  };
  readonly data?: Record<string, string>;
  readonly spec?: Record<string, unknown>;
}

/** Where each resource that tests look at is served. */
const resourcesOf = {
  v1: ["configmaps", "events", "persistentvolumeclaims", "pods", "secrets", "services"],
  "apps/v1": ["deployments"],
  "batch/v1": ["cronjobs"],
  "coordination.k8s.io/v1": ["leases"],
  "networking.k8s.io/v1": ["networkpolicies"],
  "policy/v1": ["poddisruptionbudgets"],
  "cert-manager.io/v1": ["certificates"],
  "traefik.io/v1alpha1": ["ingressroutes", "middlewares", "serverstransports", "traefikservices"],
} as const;
export type Resource = (typeof resourcesOf)[keyof typeof resourcesOf][number];

const versionOf = new Map<string, string>(
  Object.entries(resourcesOf).flatMap(([apiVersion, resources]) =>
    resources.map((resource) => [resource, apiVersion]),
  ),
);

/** One for each kubeconfig's content: a start of the sandbox may write another. */
const apis = new Map<string, Promise<ClusterApi>>();

function apiOf({ kubeconfig }: Sandbox): Promise<ClusterApi> {
  const text = readFileSync(kubeconfig, "utf8");
  const api = apis.get(text) ?? openApi({ kubeconfig, context: contextName, identifier: "" });
  apis.set(text, api);
  return api;
}

/** Where a collection is served. */
function pathOf(resource: Resource, namespace: string | undefined): string {
  const apiVersion = versionOf.get(resource) ?? assert.fail(resource);
  const collection = { apiVersion, resource, ...(namespace === undefined ? {} : { namespace }) };
  return collectionPath({ ...collection, kind: "", name: "", madeByHand: false });
}

/**
 * The objects of some kinds, in their order.
 * @param namespace default all
 * @param selector of labels, `app=vllm-server`; default none
 */
export async function listed(
  sandbox: Sandbox,
  resources: readonly Resource[],
  { namespace, selector }: { namespace?: string; selector?: string } = {},
): Promise<Live[]> {
  const api = await apiOf(sandbox);
  const query = selector === undefined ? "" : `?labelSelector=${encodeURIComponent(selector)}`;
  const lists = await Promise.all(
    resources.map(async (resource) => {
      const path = pathOf(resource, namespace);
      const list = await api.get<{ apiVersion: string; kind: string; items: Live[] }>(`${path}${query}`);
      assert.ok(list, `the API server does not serve ${resource}`);
      // Only custom resources say in a list what they are.
      const { apiVersion, kind } = list;
      return list.items.map((item) => ({ ...item, apiVersion, kind: kind.replace(/List$/, "") }));
    }),
  );
  return lists.flat();
}

/** Changes an object by a JSON patch, as `kubectl patch --type=json` does. @throws where the API server refuses it */
export async function patched(
  sandbox: Sandbox,
  { resource, name, namespace }: { resource: Resource; name: string; namespace: string },
  { manager, operations }: { manager: string; operations: readonly object[] },
): Promise<void> {
  const api = await apiOf(sandbox);
  await api.patch(`${pathOf(resource, namespace)}/${name}?fieldManager=${manager}`, operations);
}
