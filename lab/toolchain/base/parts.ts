import { nodeParts } from "./node-parts.ts";
import { kubernetesPart, type ModuleName, type Part } from "./part.ts";
import { versions } from "./versions.ts";

export type { BuildRecipe, FilesRecipe, ModuleName, NodePartName, Part, PartName } from "./part.ts";

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
  "kubernetes-node": { seconds: 200, megabytes: 1500 },
  containerd: { seconds: 35, megabytes: 600 },
  runc: { seconds: 10, megabytes: 200 },
  cni: { seconds: 5, megabytes: 150 },
  coredns: { seconds: 70, megabytes: 1200 },
  "kube-router": { seconds: 130, megabytes: 1700 },
};

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
  kubernetesPart("kube-apiserver", "kubernetes"),
  kubernetesPart("kube-controller-manager", "kubernetes"),
  kubernetesPart("kube-scheduler", "kubernetes"),
  kubernetesPart("kubectl", "kubernetes"),
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
  ...nodeParts,
];

/** What every start brings. */
export const everydayParts: readonly Part[] = parts.filter(({ onDemand }) => onDemand === undefined);
