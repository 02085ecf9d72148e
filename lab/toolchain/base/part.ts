/** What a part of the toolchain is, and how it is made. */
import { kubernetesVariables, versions } from "./versions.ts";

export type PartName =
  | "pulumi"
  | "pulumi-language-nodejs"
  | "pulumi-resource-kubernetes"
  | "pulumi-resource-command"
  | "pulumi-resource-random"
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "kubectl"
  | "kwok"
  | "kwokctl"
  | "cert-manager-crds"
  | "traefik-crds"
  | "traefik"
  | "ollama"
  | "actionlint"
  | NodePartName;

/** What a real node consists of. */
export type NodePartName =
  | "kubelet"
  | "kube-proxy"
  | "containerd"
  | "runc"
  | "cni-plugins"
  | "coredns"
  | "kube-router";

export type ModuleName =
  | "etcd"
  | "kwok"
  | "kubernetes"
  | "custom-resources"
  | "pulumi"
  | "pulumi-language-nodejs"
  | "pulumi-kubernetes"
  | "stand-ins"
  | "traefik"
  | "ollama"
  | "actionlint"
  | "kubernetes-node"
  | "containerd"
  | "runc"
  | "cni"
  | "coredns"
  | "kube-router";

/** One part of the toolchain, and how it is built from Go modules. */
export interface Part {
  name: PartName;
  version: string;
  /** Folder below `toolchain/go` with the module whose go.sum pins everything that goes in. */
  module: ModuleName;
  recipe: BuildRecipe | FilesRecipe;
  /** Said on each run with this part: it stands in for an official one. */
  standInFor?: string;
  /** Only some tests need it: it is brought when they ask for it by name. */
  onDemand?: true;
}

/** Executables to build: file name → Go package; variables are set at link time. */
export interface BuildRecipe {
  kind: "build";
  executables: Record<string, string>;
  variables: Record<string, string>;
  /** Generated files that a module keeps beside its main, to be laid beside ours before building. */
  embed?: { module: string; folder: string; files: string[] };
  /** A module that is built with some files of ours in place of its own: those in our folder of that name. */
  replace?: { module: string; folder: string };
  /** Build tags: what is left out, or taken in. */
  tags?: readonly string[];
  /** Its sources are in C or C++ too, so a compiler for that is needed. */
  cgo?: true;
}

/** Files to copy out of a module. */
export interface FilesRecipe {
  kind: "files";
  source: string;
  path: string;
}

/** One of Kubernetes' own commands. */
export function kubernetesPart<Name extends PartName>(
  name: Name,
  module: ModuleName,
): Part & { readonly name: Name } {
  return {
    name,
    version: versions.kubernetes,
    module,
    recipe: {
      kind: "build",
      executables: { [name]: `k8s.io/kubernetes/cmd/${name}` },
      variables: kubernetesVariables,
    },
  };
}
