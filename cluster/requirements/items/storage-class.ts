import { names } from "../../../stacks/vocabulary/names.ts";
import type { Look } from "./requirement.ts";

interface StorageClass {
  metadata: { name: string; annotations?: Record<string, string> };
}
interface Volume {
  metadata: { name: string };
  spec?: { storageClassName?: string; claimRef?: { namespace?: string; name?: string } };
}
interface VolumeClaim {
  spec?: { storageClassName?: string };
  status?: { phase?: string };
}

const path = "/apis/storage.k8s.io/v1/storageclasses";
const volumesPath = "/api/v1/persistentvolumes";
const claimPath = `/api/v1/namespaces/${names.namespace}/persistentvolumeclaims/${names.volumeClaim}`;
const defaultMark = "storageclass.kubernetes.io/is-default-class";

/** Who makes the volume with the model files, where they lie in one. */
export const storageClass: Look = {
  item: "StorageClass",
  concerns: ({ serves, cache }) => serves && cache.kind === "claim",
  paths: () => [path, volumesPath, claimPath],
  byHand: "kubectl get storageclass,persistentvolume",
  judge({ settings }, read) {
    const claim = read<VolumeClaim>(claimPath);
    if (claim?.status?.phase === "Bound") {
      return { state: "ok", found: `not needed: volume claim ${names.volumeClaim} has its volume` };
    }
    const classes = read<{ items: StorageClass[] }>(path)?.items ?? [];
    // A claim that is there keeps the class that it was made with.
    const wanted = claim?.spec?.storageClassName ?? settings.cache.claim?.storageClass;
    const found = classes.find(({ metadata }) =>
      wanted === undefined ? metadata.annotations?.[defaultMark] === "true" : metadata.name === wanted,
    );
    if (found !== undefined) {
      return { state: "ok", found: found.metadata.name };
    }
    const volume = (read<{ items: Volume[] }>(volumesPath)?.items ?? []).find((one) => isFor(one, wanted));
    if (volume !== undefined) {
      return { state: "ok", found: `not needed: volume ${volume.metadata.name} was made by hand` };
    }
    const others = classes.map(({ metadata }) => metadata.name).sort();
    return {
      state: "fault",
      found:
        wanted === undefined
          ? "no StorageClass is the cluster's default"
          : `there is no StorageClass ${wanted}`,
      fix:
        others.length === 0
          ? "Install one, or keep the model files in a folder of the node (`cache.hostPath`)"
          : `Name one of ${others.join(", ")} in cache.claim.storageClass`,
    };
  },
};

/** Whether the cluster may bind the platform's claim to a volume that is there already: no class is looked up then. */
function isFor({ spec }: Volume, wanted = ""): boolean {
  const { claimRef } = spec ?? {};
  const free =
    claimRef === undefined || (claimRef.namespace === names.namespace && claimRef.name === names.volumeClaim);
  return free && (spec?.storageClassName ?? "") === wanted;
}
