import { readFileSync } from "node:fs";
import { nodeRelease } from "./node-releases.ts";
import type { PartName } from "./part.ts";
import type { GoPlatform, Official } from "./release.ts";
import { versions } from "./versions.ts";

export type { Official, OfficialFile, PublishedSum } from "./release.ts";

/** A platform that at least one part is published for. */
export interface Platform {
  os: "linux" | "darwin";
  arch: "x64" | "arm64";
}

export const platforms: readonly Platform[] = [
  { os: "linux", arch: "x64" },
  { os: "linux", arch: "arm64" },
  { os: "darwin", arch: "x64" },
  { os: "darwin", arch: "arm64" },
];

/** Committed SHA-256 sums in hexadecimal, by address. What has none is never downloaded. */
export type Checksums = Readonly<Record<string, string>>;

export const checksumsFile = new URL("checksums.json", import.meta.url);

export function committedChecksums(): Checksums {
  return JSON.parse(readFileSync(checksumsFile, "utf8")) as Checksums;
}

/** This machine, or undefined where no part is published for it. */
export function thisPlatform(): Platform | undefined {
  return platforms.find(({ os, arch }) => os === process.platform && arch === process.arch);
}

/** The official release of a part, or undefined where none is published for that platform. */
export function officialRelease(part: PartName, platform: Platform): Official | undefined {
  const goPlatform = { os: platform.os, arch: platform.arch === "x64" ? "amd64" : "arm64" };
  switch (part) {
    case "pulumi":
    case "pulumi-language-nodejs":
      return pulumi(part, platform);
    case "pulumi-resource-kubernetes":
      return plugin(part, versions.kubernetesPlugin, goPlatform);
    case "pulumi-resource-command":
      return plugin(part, versions.commandPlugin, goPlatform);
    case "pulumi-resource-random":
      return plugin(part, versions.randomPlugin, goPlatform);
    case "etcd":
      return etcd(goPlatform);
    case "kube-apiserver":
    case "kube-controller-manager":
    case "kube-scheduler":
    case "kubectl":
    case "kubelet":
    case "kube-proxy":
      return kubernetes(part, goPlatform);
    case "kwok":
    case "kwokctl":
      return kwok(part, goPlatform);
    case "cert-manager-crds":
      return certManager();
    case "traefik-crds":
      return traefikCrds();
    case "traefik":
      return traefik(goPlatform);
    case "actionlint":
      return actionlint(goPlatform);
    case "ollama":
      return undefined; // its archives are of 1 to 2 GB, for the libraries of cards
    case "containerd":
    case "runc":
    case "cni-plugins":
    case "coredns":
    case "kube-router":
      return nodeRelease(part, goPlatform);
  }
}

/** The CLI's archive holds its language hosts, too. */
function pulumi(part: "pulumi" | "pulumi-language-nodejs", { os, arch }: Platform): Official {
  const version = versions.pulumi;
  const names =
    part === "pulumi" ? ["pulumi"] : [part, "pulumi-resource-pulumi-nodejs", "pulumi-analyzer-policy"];
  return {
    version,
    files: [
      {
        url: `https://get.pulumi.com/releases/sdk/pulumi-v${version}-${os}-${arch}.tar.gz`,
        take: Object.fromEntries(names.map((name) => [`pulumi/${name}`, name])),
        published: {
          kind: "list",
          url: `https://github.com/pulumi/pulumi/releases/download/v${version}/pulumi-${version}-checksums.txt`,
        },
      },
    ],
  };
}

function plugin(part: PartName, version: string, { os, arch }: GoPlatform): Official {
  const repository = part.replace("pulumi-resource-", "pulumi-");
  return {
    version,
    files: [
      {
        url: `https://api.pulumi.com/releases/plugins/${part}-v${version}-${os}-${arch}.tar.gz`,
        take: { [part]: part },
        published: {
          kind: "list",
          url: `https://github.com/pulumi/${repository}/releases/download/v${version}/${repository}_${version}_checksums.txt`,
        },
      },
    ],
  };
}

/** For macOS etcd publishes a .zip, which is not unpacked here. */
function etcd({ os, arch }: GoPlatform): Official | undefined {
  const version = versions.etcd;
  const release = `https://github.com/etcd-io/etcd/releases/download/v${version}`;
  const name = `etcd-v${version}-${os}-${arch}`;
  return os === "linux"
    ? {
        version,
        files: [
          {
            url: `${release}/${name}.tar.gz`,
            take: { [`${name}/etcd`]: "etcd" },
            published: { kind: "list", url: `${release}/SHA256SUMS` },
          },
        ],
      }
    : undefined;
}

/** The servers are published for Linux only. */
function kubernetes(part: PartName, { os, arch }: GoPlatform): Official | undefined {
  const version = versions.kubernetes;
  const url = `https://dl.k8s.io/release/v${version}/bin/${os}/${arch}/${part}`;
  return os === "linux" || part === "kubectl"
    ? { version, files: [{ url, take: part, published: { kind: "bare", url: `${url}.sha256` } }] }
    : undefined;
}

function kwok(part: PartName, { os, arch }: GoPlatform): Official {
  const version = versions.kwok;
  return {
    version,
    files: [
      {
        url: `https://github.com/kubernetes-sigs/kwok/releases/download/v${version}/${part}-${os}-${arch}`,
        take: part,
        published: {
          kind: "release",
          url: `https://api.github.com/repos/kubernetes-sigs/kwok/releases/tags/v${version}`,
        },
      },
    ],
  };
}

function certManager(): Official {
  const version = versions.certManager;
  const groups = {
    "acme.cert-manager.io": ["challenges", "orders"],
    "cert-manager.io": ["certificaterequests", "certificates", "clusterissuers", "issuers"],
  };
  const names = Object.entries(groups).flatMap(([group, kinds]) =>
    kinds.map((kind) => `${group}_${kind}.yaml`),
  );
  return {
    version,
    files: names.map((name) => ({
      url: `https://raw.githubusercontent.com/cert-manager/cert-manager/v${version}/deploy/crds/${name}`,
      take: `cert-manager-crds/${name}`,
      published: {
        kind: "module",
        module: `github.com/cert-manager/cert-manager@v${version}`,
        path: `deploy/crds/${name}`,
      },
    })),
  };
}

function traefikCrds(): Official {
  const version = versions.traefik;
  const path = "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml";
  return {
    version,
    files: [
      {
        url: `https://raw.githubusercontent.com/traefik/traefik/v${version}/${path}`,
        take: "traefik-crds",
        published: { kind: "module", module: `github.com/traefik/traefik/v3@v${version}`, path },
      },
    ],
  };
}

function traefik({ os, arch }: GoPlatform): Official {
  const version = versions.traefik;
  const release = `https://github.com/traefik/traefik/releases/download/v${version}`;
  return {
    version,
    files: [
      {
        url: `${release}/traefik_v${version}_${os}_${arch}.tar.gz`,
        take: { traefik: "traefik" },
        published: { kind: "list", url: `${release}/traefik_v${version}_checksums.txt` },
      },
    ],
  };
}

function actionlint({ os, arch }: GoPlatform): Official {
  const version = versions.actionlint;
  const release = `https://github.com/rhysd/actionlint/releases/download/v${version}`;
  return {
    version,
    files: [
      {
        url: `${release}/actionlint_${version}_${os}_${arch}.tar.gz`,
        take: { actionlint: "actionlint" },
        published: { kind: "list", url: `${release}/actionlint_${version}_checksums.txt` },
      },
    ],
  };
}
