// Settings of an Ollama that the platform brings itself, for who has none.
import {
  absolutePath,
  byteQuantity,
  cpuQuantity,
  explain,
  flag,
  group,
  imageDigest,
  imageRepository,
  imageTag,
  textByName,
} from "./fields.ts";
import { claim } from "./node.ts";

export const ollama = group({
  enabled: explain(
    flag().default(false),
    "Whether the platform brings Ollama: Deployment and Service `ollama` in namespace `ml`, with the model of `fallback.ollamaModel`, which answers to `default`, too. Off: one that is there is used as it is.",
    { example: true },
  ),
  image: explain(
    group({
      repository: explain(imageRepository.default("ollama/ollama"), "Image without tag.", {
        example: "ollama/ollama",
      }),
      tag: explain(imageTag.default("0.13.3"), "Image tag.", { example: "0.13.3" }),
      digest: explain(imageDigest.optional(), "Digest to pin the tag to. Unset: the tag alone decides.", {
        example: `sha256:${"0123456789abcdef".repeat(4)}`,
      }),
    }).prefault({}),
    "Container image of Ollama; also of what makes the model `default`.",
  ),
  nodeSelector: explain(
    textByName().optional(),
    "Labels of the nodes that may run it; the taint of the GPU node is tolerated then. Unset: every node but those of `gpuNode.selector`, since it answers while these are away.",
    { example: { "kubernetes.io/hostname": "worker-02" } },
  ),
  hostPath: explain(
    absolutePath.optional(),
    "Folder of the node for its models; `nodeSelector` should then name one node. Excludes `ollama.claim`. Unset: a volume.",
    { example: "/var/lib/ollama" },
  ),
  claim: explain(
    claim.optional(),
    "PersistentVolumeClaim `ollama-models` for its models. Unset: one with the defaults, unless `hostPath` is set.",
    { example: { size: "20Gi" } },
  ),
  resources: explain(
    group({
      cpuRequest: explain(cpuQuantity.default("500m"), "CPU that a node must have free for it, in cores.", {
        example: "500m",
      }),
      cpuLimit: explain(cpuQuantity.default("2"), "Most CPU that it gets, in cores.", { example: "4" }),
      memoryRequest: explain(
        byteQuantity.default("2Gi"),
        "Main memory that a node must have free for it, in bytes.",
        { example: "2Gi" },
      ),
      memoryLimit: explain(
        byteQuantity.default("4Gi"),
        "Main memory above which it is killed, in bytes: the model, and its context.",
        { example: "8Gi" },
      ),
    }).prefault({}),
    "What Ollama may use of the node.",
  ),
});
