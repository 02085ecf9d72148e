/** Objects of the platform's namespace that no file names: those with its labels, and scalers. */
import { names, ownerLabels } from "../../stacks/vocabulary/names.ts";
import { collectionPath, possibleObjects } from "../../stacks/vocabulary/objects.ts";
import { ApiError, type ClusterApi } from "../api/index.ts";
import { list } from "../gpu-node/snapshot.ts";
import type { Listed } from "./around.ts";

interface Collection {
  apiVersion: string;
  kind: string;
  resource: string;
  namespace: string;
}

const inNamespace = (apiVersion: string, kind: string, resource: string): Collection => ({
  apiVersion,
  kind,
  resource,
  namespace: names.namespace,
});

/** Secrets are left out: who may list them may read all of them. Ingress and others are kinds that a person would make one of. */
export const labelledCollections: readonly Collection[] = [
  ...possibleObjects
    .filter(({ kind }) => kind !== "Namespace" && kind !== "Secret")
    .map(({ apiVersion, kind, resource }) => inNamespace(apiVersion, kind, resource)),
  inNamespace("apps/v1", "StatefulSet", "statefulsets"),
  inNamespace("apps/v1", "DaemonSet", "daemonsets"),
  inNamespace("batch/v1", "Job", "jobs"),
  inNamespace("networking.k8s.io/v1", "Ingress", "ingresses"),
].filter((one, index, all) => all.findIndex(({ kind }) => kind === one.kind) === index);

export const scalerCollections: readonly Collection[] = [
  inNamespace("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
  inNamespace("keda.sh/v1alpha1", "ScaledObject", "scaledobjects"),
];

/** What was found, and what these credentials may not list, as sentences. */
export interface Listing {
  labelled: Listed[];
  scalers: Listed[];
  unknown: string[];
}

/** @throws UnreachableError where the cluster does not answer. */
export async function readListing(api: ClusterApi): Promise<Listing> {
  const read = async (collections: readonly Collection[], labels: Readonly<Record<string, string>>) =>
    Promise.all(
      collections.map(async (collection) => {
        const path = collectionPath({ ...collection, name: "", madeByHand: false });
        try {
          const items = await list<Listed>(api, path, labels);
          return items.map((one) => ({
            ...one,
            kind: collection.kind,
            path: `${path}/${one.metadata.name}`,
          }));
        } catch (error) {
          if (error instanceof ApiError) {
            return error.message;
          }
          throw error;
        }
      }),
    );
  const [labelled, scalers] = await Promise.all([
    read(labelledCollections, { "app.kubernetes.io/part-of": ownerLabels["app.kubernetes.io/part-of"] }),
    read(scalerCollections, {}),
  ]);
  const found = (all: typeof labelled): Listed[] =>
    all.flatMap((one) => (typeof one === "string" ? [] : one));
  return {
    labelled: found(labelled),
    scalers: found(scalers),
    unknown: [...labelled, ...scalers].filter((one) => typeof one === "string"),
  };
}
