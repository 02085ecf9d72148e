import type { Look } from "./look.ts";

interface StorageClass {
  metadata: { name: string; annotations?: Record<string, string> };
}

const path = "/apis/storage.k8s.io/v1/storageclasses";
const defaultMark = "storageclass.kubernetes.io/is-default-class";

/** Who makes the volume with the model files, where they lie in one. */
export const storageClass: Look = {
  item: "StorageClass",
  concerns: ({ serves, cache }) => serves && cache.kind === "claim",
  paths: () => [path],
  byHand: "kubectl get storageclass",
  judge({ settings }, read) {
    const classes = read<{ items: StorageClass[] }>(path)?.items ?? [];
    const wanted = settings.cache.claim?.storageClass;
    const found = classes.find(({ metadata }) =>
      wanted === undefined ? metadata.annotations?.[defaultMark] === "true" : metadata.name === wanted,
    );
    if (found !== undefined) {
      return { state: "ok", seen: found.metadata.name };
    }
    const others = classes.map(({ metadata }) => metadata.name).sort();
    return {
      state: "fault",
      seen:
        wanted === undefined
          ? "no StorageClass is the cluster's default"
          : `there is no StorageClass ${wanted}`,
      mend:
        others.length === 0
          ? "Install one, or keep the model files in a folder of the node (`cache.hostPath`)"
          : `Name one of ${others.join(", ")} in cache.claim.storageClass`,
    };
  },
};
