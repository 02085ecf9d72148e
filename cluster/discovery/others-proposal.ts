/** Where the model files lie, and who answers on the CPU. Pure. */
import type { ClusterFacts } from "./cluster-facts.ts";
import type { Asked, Proposal } from "./proposal.ts";

const nothing: Proposal = { wanted: [], byHand: [] };

/** The StorageClass, where the model files lie in a volume; a folder of the node needs none. */
export function storageProposal({ storageClasses }: ClusterFacts, { settings }: Asked): Proposal {
  const { claim } = settings.cache;
  if (claim === undefined || storageClasses === undefined) {
    return nothing;
  }
  const found = storageClasses.some(({ name, isDefault }) =>
    claim.storageClass === undefined ? isDefault : name === claim.storageClass,
  );
  if (found) {
    return nothing;
  }
  const standard = storageClasses.find(({ isDefault }) => isDefault);
  const [only, ...others] = storageClasses;
  const wanted = standard ?? (others.length === 0 ? only : undefined);
  return wanted === undefined
    ? {
        wanted: [],
        byHand: [
          {
            key: "cache.claim.storageClass",
            why: `the cluster has ${storageClasses.map(({ name }) => name).join(", ") || "no StorageClass"}, and none is its default`,
            look: "`kubectl get storageclass`",
          },
        ],
      }
    : {
        wanted: [
          {
            path: ["cache", "claim", "storageClass"],
            value: wanted.name,
            why: wanted.isDefault ? "the cluster's default" : "the cluster's only one",
          },
        ],
        byHand: [],
      };
}

/** Where clients go while the GPU is away. */
export function ollamaProposal({ ollamas }: ClusterFacts, { settings }: Asked): Proposal {
  const current = settings.fallback.ollamaUrl;
  const urls = (ollamas ?? []).map(
    ({ name, namespace, port }) => `http://${name}.${namespace}.svc.cluster.local:${port}`,
  );
  const [only, ...others] = urls;
  if (urls.includes(current)) {
    return nothing;
  }
  if (only !== undefined && others.length === 0) {
    return {
      wanted: [{ path: ["fallback", "ollamaUrl"], value: only, why: "the Service of Ollama" }],
      byHand: [],
    };
  }
  const why =
    ollamas === undefined
      ? "these credentials may not read Services"
      : urls.length === 0
        ? `the cluster has no Service of Ollama, so nobody answers at ${current} while the GPU is away`
        : `several Services look like Ollama: ${urls.join(", ")}`;
  return {
    wanted: [],
    byHand: [{ key: "fallback.ollamaUrl", why, look: "`kubectl get services -A | grep 11434`" }],
  };
}
