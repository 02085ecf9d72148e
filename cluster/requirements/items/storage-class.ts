import { quantityValue } from "../../../stacks/vocabulary/measures.ts";
import { names } from "../../../stacks/vocabulary/names.ts";
import type { Finding } from "../../findings/finding.ts";
import { byHand, listed, type Proposer, together, wanted } from "./proposal.ts";
import type { Requirement } from "./requirement.ts";

interface StorageClass {
  metadata: { name: string; annotations?: Record<string, string> };
  allowVolumeExpansion?: boolean;
}
interface Volume {
  metadata: { name: string };
  spec?: { storageClassName?: string; claimRef?: { namespace?: string; name?: string } };
}
interface VolumeClaim {
  spec?: { storageClassName?: string; resources?: { requests?: { storage?: string } } };
  status?: { phase?: string };
}

const path = "/apis/storage.k8s.io/v1/storageclasses";
const volumesPath = "/api/v1/persistentvolumes";
const claimPath = `/api/v1/namespaces/${names.namespace}/persistentvolumeclaims/${names.volumeClaim}`;
const defaultMark = "storageclass.kubernetes.io/is-default-class";

/** Who makes the volume with the model files, where they lie in one. */
export const storageClass: Requirement & Proposer = {
  item: "StorageClass",
  concerns: ({ serves, cache }) => serves && cache.kind === "claim",
  paths: () => [path, volumesPath, claimPath],
  byHand: "kubectl get storageclass,persistentvolume",
  judge({ settings }, read) {
    const claim = read<VolumeClaim>(claimPath);
    const classes = read<{ items: StorageClass[] }>(path)?.items ?? [];
    if (claim?.status?.phase === "Bound") {
      return grown(claim, settings.cache.claim?.size, classes);
    }
    // A claim that is there keeps the class that it was made with.
    const asked = claim?.spec?.storageClassName ?? settings.cache.claim?.storageClass;
    const found = classFor(classes, asked);
    if (found !== undefined) {
      return { state: "ok", found: found.metadata.name };
    }
    const volume = (read<{ items: Volume[] }>(volumesPath)?.items ?? []).find((one) => isFor(one, asked));
    if (volume !== undefined) {
      return { state: "ok", found: `not needed: volume ${volume.metadata.name} was made by hand` };
    }
    const others = classes.map(({ metadata }) => metadata.name).sort();
    return {
      state: "fault",
      found:
        asked === undefined
          ? "no StorageClass is the cluster's default"
          : `there is no StorageClass ${asked}`,
      fix:
        others.length === 0
          ? "Install one, or keep the model files in a folder of the node (`cache.hostPath`)"
          : `Name one of ${others.join(", ")} in cache.claim.storageClass`,
    };
  },
  lists: [path],
  propose(read, { settings }) {
    const { claim } = settings.cache;
    const classes = listed<StorageClass>(read, path);
    if (claim === undefined || classes === undefined || classFor(classes, claim.storageClass)) {
      return together([]);
    }
    const standard = classFor(classes, undefined);
    const [only, ...others] = classes;
    const found = standard ?? (others.length === 0 ? only : undefined);
    return found === undefined
      ? byHand({
          key: "cache.claim.storageClass",
          why: `the cluster has ${classes.map(({ metadata }) => metadata.name).join(", ") || "no StorageClass"}, and none is its default`,
          look: "`kubectl get storageclass`",
        })
      : wanted({
          path: ["cache", "claim", "storageClass"],
          value: found.metadata.name,
          why: found === standard ? "the cluster's default" : "the cluster's only one",
        });
  },
};

/** Of a volume that is there, only the size may change, and that not in every class. */
function grown(
  { spec }: VolumeClaim,
  size: string | undefined,
  classes: readonly StorageClass[],
): Omit<Finding, "item"> {
  const has = spec?.resources?.requests?.storage ?? "0";
  const name = spec?.storageClassName ?? "";
  const grows = size !== undefined && quantityValue(size) > quantityValue(has);
  if (
    !grows ||
    classes.some(({ metadata, allowVolumeExpansion }) => metadata.name === name && allowVolumeExpansion)
  ) {
    return { state: "ok", found: `not needed: volume claim ${names.volumeClaim} has its volume` };
  }
  return {
    state: "fault",
    found: `volume claim ${names.volumeClaim} has ${has} of class ${name || "none"}, which does not let volumes grow, and cache.claim.size is ${size}`,
    fix: `Set cache.claim.size: ${has}; or, where its provisioner can do it, \`kubectl patch storageclass ${name || "<class>"} -p '{"allowVolumeExpansion":true}'\``,
  };
}

/** The class of a name, else the cluster's default. */
function classFor(classes: readonly StorageClass[], name: string | undefined): StorageClass | undefined {
  return classes.find(({ metadata }) =>
    name === undefined ? metadata.annotations?.[defaultMark] === "true" : metadata.name === name,
  );
}

/** Whether the cluster may bind the platform's claim to a volume that is there already: no class is looked up then. */
function isFor({ spec }: Volume, asked = ""): boolean {
  const { claimRef } = spec ?? {};
  const free =
    claimRef === undefined || (claimRef.namespace === names.namespace && claimRef.name === names.volumeClaim);
  return free && (spec?.storageClassName ?? "") === asked;
}
