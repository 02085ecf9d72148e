// Settings of where things are: the cluster, the GPU node and its card, the folder of the model files.
import {
  absolutePath,
  byteQuantity,
  choice,
  cudaVersion,
  dnsName,
  driverVersion,
  explain,
  flag,
  group,
  label,
  labelValue,
  localFile,
  number,
  taintKey,
  text,
  textByName,
  toolkitVersion,
  wholeNumber,
} from "./fields.ts";
import { ssh } from "./ssh.ts";

/** Folder on the GPU node that holds model files unless told otherwise. */
export const defaultCachePath = "/var/lib/vllm/huggingface";

/** Which cluster the objects are declared in. */
export const cluster = group({
  kubeconfig: explain(
    localFile.optional(),
    "Whole path of the kubeconfig file; `~/` at its start is your home folder. Unset: `~/.kube/config`.",
    { example: "~/.kube/config" },
  ),
  context: explain(
    text().optional(),
    "Context within that kubeconfig. Needed: the current context is never taken by itself; `gpu-mode init` writes it.",
    { example: "my-k3s" },
  ),
  identifier: explain(
    label.default("home-lab"),
    "Name under which the state remembers this cluster. A stack keeps the one that it was made with.",
    { example: "home-lab" },
  ),
});

const card = group({
  name: explain(text(), "Name of the card, as `nvidia-smi` gives it.", {
    example: "NVIDIA GeForce RTX 3060",
  }),
  memoryMiB: explain(wholeNumber(1024, 1_048_576), "Memory of the card in MiB, as `nvidia-smi` gives it.", {
    example: 12288,
  }),
  usableGiB: explain(
    number(0.5, 1024).optional(),
    "Memory of the card that a program can have, in GiB, as PyTorch gives it: `memory.total` less `memory.reserved` of `nvidia-smi`. Unset: as measured on such a card, or `memoryMiB` less what drivers reserve on cards of that size.",
    { example: 11.76 },
  ),
  computeCapability: explain(number(1, 20), "Compute capability of the card.", { example: 8.6 }),
  desktopMiB: explain(
    wholeNumber(0, 1_048_576).default(0),
    "Memory that a desktop or another program holds on the card, in MiB.",
    { example: 244 },
  ),
});

const driver = group({
  version: explain(driverVersion, "Version of the NVIDIA driver on the node.", {
    example: "535.274.02",
  }),
  cuda: explain(
    cudaVersion.optional(),
    "Newest CUDA that this driver knows, as `nvidia-smi` gives it. Unset: what drivers of this branch are known to bring.",
    { example: "12.2" },
  ),
  allowUnsupported: explain(
    flag().default(false),
    "Run an image that this driver runs only against NVIDIA's rules, with the environment that it takes (`NVIDIA_DISABLE_REQUIRE=1`). What it takes on the node is named by the refusal.",
    { example: true },
  ),
});

const toolkit = group({
  version: explain(
    toolkitVersion.optional(),
    "Version of nvidia-container-toolkit on the node. Unset: not known, and taken for one that puts an image's CUDA libraries first.",
    { example: "1.18.1" },
  ),
  mode: explain(
    choice(["legacy", "cdi"]).default("legacy"),
    "How it prepares containers: by itself, checking `NVIDIA_REQUIRE_CUDA`, or by CDI, which does not.",
    { example: "cdi" },
  ),
});

/** How the GPU node is recognised, and what its card offers. */
export const gpuNode = group({
  name: explain(dnsName, "Name of the node, for messages.", { example: "gpu-node" }),
  selector: explain(
    textByName().default({ "nvidia.com/gpu": "true" }),
    "Labels that a node must carry to run the server.",
    { example: { "nvidia.com/gpu": "true" } },
  ),
  taint: explain(
    group({
      key: explain(taintKey.default("gpu"), "Key of the taint.", { example: "gpu" }),
      value: explain(labelValue.default("true"), "Value of the taint.", { example: "true" }),
      effect: explain(
        choice(["NoSchedule", "PreferNoSchedule", "NoExecute"]).default("NoSchedule"),
        "Effect of the taint.",
        { example: "NoSchedule" },
      ),
    }).prefault({}),
    "Taint of the node that the server tolerates.",
  ),
  runtimeClass: explain(dnsName.default("nvidia"), "RuntimeClass with the NVIDIA container runtime.", {
    example: "nvidia",
  }),
  card: explain(card, "The card's facts, which the memory gate computes with."),
  driver: explain(driver, "The driver's facts, which the driver gate goes by."),
  toolkit: explain(toolkit.prefault({}), "NVIDIA's container toolkit, which the driver gate goes by."),
  ssh: explain(
    ssh.optional(),
    "The way to the node by SSH. With it, the node itself is asked before a switch and before a change of the server. Unset: the check uses what the cluster knows of the node.",
  ),
});

/** A volume that the cluster provides. */
export const claim = group({
  size: explain(byteQuantity.default("50Gi"), "Size of the volume, in bytes.", { example: "50Gi" }),
  storageClass: explain(
    dnsName.optional(),
    "StorageClass of the volume. Unset: the cluster's default class.",
    { example: "local-path" },
  ),
  accessMode: explain(
    choice(["ReadWriteOnce", "ReadWriteMany"]).default("ReadWriteOnce"),
    "How the volume may be mounted.",
    { example: "ReadWriteOnce" },
  ),
});

/** Where model files lie, so that they are downloaded once: a folder of the node, or a volume. */
export const cache = group({
  hostPath: explain(absolutePath.optional(), "Folder on the GPU node. Excludes `cache.claim`.", {
    example: defaultCachePath,
    default: defaultCachePath,
  }),
  claim: explain(
    claim.optional(),
    "PersistentVolumeClaim `vllm-model-cache` instead of a folder. Unset: there is none.",
    { example: { size: "50Gi" } },
  ),
});
