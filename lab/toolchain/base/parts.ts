import { versions } from "./versions.ts";

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
  | "actionlint";

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
  | "actionlint";

/** What building all parts of one Go module costs, measured on a first run with two cores. */
export const buildCosts: Record<ModuleName, { seconds: number; megabytes: number }> = {
  kubernetes: { seconds: 260, megabytes: 1600 },
  kwok: { seconds: 60, megabytes: 700 },
  etcd: { seconds: 20, megabytes: 300 },
  "custom-resources": { seconds: 3, megabytes: 150 },
  pulumi: { seconds: 170, megabytes: 1400 },
  "pulumi-language-nodejs": { seconds: 15, megabytes: 200 },
  "pulumi-kubernetes": { seconds: 130, megabytes: 2000 },
  "stand-ins": { seconds: 10, megabytes: 50 },
  traefik: { seconds: 260, megabytes: 2500 },
  ollama: { seconds: 160, megabytes: 900 },
  actionlint: { seconds: 25, megabytes: 150 },
};

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
  /** Its sources are in C++ too, so a compiler for that is needed. */
  cgo?: true;
}

/** Files to copy out of a module. */
export interface FilesRecipe {
  kind: "files";
  source: string;
  path: string;
}

const kubernetesVariables = Object.fromEntries(
  ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((path) => [
    [`${path}.gitVersion`, `v${versions.kubernetes}`],
    [`${path}.gitMajor`, "1"],
    [`${path}.gitMinor`, "37"],
  ]),
);

function kubernetes(name: PartName): Part {
  return {
    name,
    version: versions.kubernetes,
    module: "kubernetes",
    recipe: {
      kind: "build",
      executables: { [name]: `k8s.io/kubernetes/cmd/${name}` },
      variables: kubernetesVariables,
    },
  };
}

function kwok(name: "kwok" | "kwokctl"): Part {
  return {
    name,
    version: versions.kwok,
    module: "kwok",
    recipe: {
      kind: "build",
      executables: { [name]: `sigs.k8s.io/kwok/cmd/${name}` },
      variables: { "sigs.k8s.io/kwok/pkg/consts.Version": `v${versions.kwok}` },
    },
  };
}

function standIn(name: "pulumi-resource-command" | "pulumi-resource-random", version: string): Part {
  return {
    name,
    version,
    module: "stand-ins",
    recipe: { kind: "build", executables: { [name]: `./cmd/${name}` }, variables: {} },
    standInFor: `the official plugin ${name} ${version}`,
  };
}

/** All parts, those of the cluster first: it can start while Pulumi is still being built. */
export const parts: readonly Part[] = [
  {
    name: "etcd",
    version: versions.etcd,
    module: "etcd",
    recipe: { kind: "build", executables: { etcd: "go.etcd.io/etcd/server/v3" }, variables: {} },
  },
  kwok("kwok"),
  kwok("kwokctl"),
  kubernetes("kube-apiserver"),
  kubernetes("kube-controller-manager"),
  kubernetes("kube-scheduler"),
  kubernetes("kubectl"),
  {
    name: "cert-manager-crds",
    version: versions.certManager,
    module: "custom-resources",
    recipe: {
      kind: "files",
      source: `github.com/cert-manager/cert-manager@v${versions.certManager}`,
      path: "deploy/crds",
    },
  },
  {
    name: "traefik-crds",
    version: versions.traefik,
    module: "custom-resources",
    recipe: {
      kind: "files",
      source: `github.com/traefik/traefik/v3@v${versions.traefik}`,
      path: "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml",
    },
  },
  {
    name: "pulumi",
    version: versions.pulumi,
    module: "pulumi",
    recipe: {
      kind: "build",
      executables: { pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" },
      variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${versions.pulumi}` },
    },
  },
  {
    name: "pulumi-language-nodejs",
    version: versions.languageHost,
    module: "pulumi-language-nodejs",
    recipe: {
      kind: "build",
      executables: {
        "pulumi-language-nodejs": "./launcher",
        "pulumi-language-nodejs-host": "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
      },
      variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${versions.languageHost}` },
    },
  },
  {
    name: "pulumi-resource-kubernetes",
    version: versions.kubernetesPlugin,
    module: "pulumi-kubernetes",
    recipe: {
      kind: "build",
      executables: { "pulumi-resource-kubernetes": "." },
      variables: {
        "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version": versions.kubernetesPlugin,
      },
      embed: {
        module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
        folder: "cmd/pulumi-resource-kubernetes",
        files: ["schema.json", "terraform-mapping.json"],
      },
      replace: { module: "github.com/pulumi/pulumi-kubernetes/sdk/v4", folder: "sdk" },
    },
  },
  standIn("pulumi-resource-command", versions.commandPlugin),
  standIn("pulumi-resource-random", versions.randomPlugin),
  {
    name: "traefik",
    version: versions.traefik,
    module: "traefik",
    recipe: {
      kind: "build",
      executables: { traefik: "github.com/traefik/traefik/v3/cmd/traefik" },
      variables: { "github.com/traefik/traefik/v3/pkg/version.Version": versions.traefik },
      replace: { module: "github.com/go-acme/lego/v5", folder: "lego" },
    },
    onDemand: true,
  },
  {
    name: "ollama",
    version: versions.ollama,
    module: "ollama",
    recipe: {
      kind: "build",
      executables: { ollama: "github.com/ollama/ollama" },
      variables: { "github.com/ollama/ollama/version.Version": versions.ollama },
      cgo: true,
    },
    onDemand: true,
  },
  {
    name: "actionlint",
    version: versions.actionlint,
    module: "actionlint",
    recipe: {
      kind: "build",
      executables: { actionlint: "github.com/rhysd/actionlint/cmd/actionlint" },
      variables: { "github.com/rhysd/actionlint.version": versions.actionlint },
    },
    onDemand: true,
  },
];

/** What every start brings. */
export const everydayParts: readonly Part[] = parts.filter(({ onDemand }) => onDemand === undefined);
