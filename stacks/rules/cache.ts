// Where the model is kept: it must find room there, and a folder of the node must be one for model files.
import { quantityValue } from "../vocabulary/measures.ts";
import type { Rule } from "./rule.ts";

/** Folders with all that is below them, and whose they are. */
const taken: readonly { folders: readonly string[]; whose: string }[] = [
  { folders: ["/proc", "/sys", "/dev"], whose: "the kernel's" },
  {
    folders: ["/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/sbin", "/usr", "/var/log"],
    whose: "the operating system's",
  },
  { folders: ["/run", "/var/run", "/var/spool", "/var/tmp"], whose: "that of running programs" },
  {
    folders: [
      ...["/var/lib/kubelet", "/var/lib/rancher", "/var/lib/etcd", "/var/lib/cni", "/opt/cni"],
      ...["/var/lib/containerd", "/var/lib/docker", "/var/lib/containers", "/var/lib/crio"],
    ],
    whose: "that of Kubernetes and its containers",
  },
  {
    folders: ["/var/lib/dpkg", "/var/lib/apt", "/var/lib/rpm", "/var/lib/systemd"],
    whose: "the system's state",
  },
];

/** Folders in which a folder of one's own may lie, and that are more than model files themselves. */
const shared = /^(\/(home(\/[^/]+)?|opt|root|tmp|var|var\/(cache|lib)))?$/;

/** Places where people and programs keep keys. */
const ofKeys = /\/\.(ssh|gnupg|kube|aws|config|docker|pulumi)(\/|$)/;

/** Of root's home only what is a cache anyway. */
const rootsHome = /^\/root\/(?!\.cache\/.)/;

function reasonAgainst(folder: string): string | undefined {
  const owner = taken.find(({ folders }) =>
    folders.some((one) => folder === one || folder.startsWith(`${one}/`)),
  );
  if (owner !== undefined) {
    return `this folder is ${owner.whose}`;
  }
  if (shared.test(folder)) {
    return "this folder holds more than model files";
  }
  if (ofKeys.test(folder)) {
    return "keys are kept in this folder";
  }
  return rootsHome.test(folder) ? "this folder is in root's home" : undefined;
}

export const cacheRules: readonly Rule[] = [
  {
    reads: ["serve", "model", "modelNumbers", "cache.claim"],
    findings: ({ serve, cache: { claim } }, { resolved: { model } }) =>
      serve && claim !== undefined && model !== undefined && quantityValue(claim.size) < model.weightBytes
        ? [
            {
              path: ["cache", "claim", "size"],
              found: claim.size,
              problem: `is too small for the weights of ${model.id}, ${(model.weightBytes / 1024 ** 3).toFixed(2)} GiB, which are downloaded into it`,
              fix: "Write it like `size: 50Gi`, with room for the models of all modes",
            },
          ]
        : [],
  },
  {
    reads: ["cache.hostPath", "security.runAsUser"],
    findings: ({ cache: { hostPath }, security: { runAsUser } }) => {
      const reason = hostPath === undefined ? undefined : reasonAgainst(hostPath.replace(/\/$/, ""));
      return reason === undefined
        ? []
        : [
            {
              path: ["cache", "hostPath"],
              found: hostPath,
              problem: `${reason}, and the server's container${runAsUser === undefined ? ", which is root, could write to all of it" : " would get all of it"}`,
              fix: "Name a folder for model files alone, such as /var/lib/vllm/huggingface",
            },
          ];
    },
  },
  {
    reads: ["ollama.hostPath"],
    findings: ({ ollama: { hostPath } }) => {
      const reason = hostPath === undefined ? undefined : reasonAgainst(hostPath.replace(/\/$/, ""));
      return reason === undefined
        ? []
        : [
            {
              path: ["ollama", "hostPath"],
              found: hostPath,
              problem: `${reason}, and Ollama's container, which is root, could write to all of it`,
              fix: "Name a folder for models alone, such as /var/lib/ollama",
            },
          ];
    },
  },
];
