/** Official releases of what a real node needs beside Kubernetes' own. */
import type { NodePartName } from "./part.ts";
import type { GoPlatform, Official } from "./release.ts";
import { versions } from "./versions.ts";

/** Published for Linux alone, where alone they run. */
export function nodeRelease(
  part: Exclude<NodePartName, "kubelet" | "kube-proxy">,
  { os, arch }: GoPlatform,
): Official | undefined {
  return os === "linux" ? releases[part](arch) : undefined;
}

const releases = {
  containerd: (arch: string) => {
    const version = versions.containerd;
    const url = `https://github.com/containerd/containerd/releases/download/v${version}/containerd-${version}-linux-${arch}.tar.gz`;
    const names = ["containerd", "containerd-shim-runc-v2", "ctr"];
    return release(
      version,
      url,
      Object.fromEntries(names.map((name) => [`bin/${name}`, name])),
      `${url}.sha256sum`,
    );
  },
  runc: (arch: string) => {
    const version = versions.runc;
    const folder = `https://github.com/opencontainers/runc/releases/download/v${version}`;
    return release(version, `${folder}/runc.${arch}`, "runc", `${folder}/runc.sha256sum`);
  },
  "cni-plugins": (arch: string) => {
    const version = versions.cniPlugins;
    const url = `https://github.com/containernetworking/plugins/releases/download/v${version}/cni-plugins-linux-${arch}-v${version}.tgz`;
    const names = ["ptp", "loopback", "host-local"];
    return release(
      version,
      url,
      Object.fromEntries(names.map((name) => [`./${name}`, name])),
      `${url}.sha256`,
    );
  },
  coredns: (arch: string) => {
    const version = versions.coredns;
    const url = `https://github.com/coredns/coredns/releases/download/v${version}/coredns_${version}_linux_${arch}.tgz`;
    return release(version, url, { coredns: "coredns" }, `${url}.sha256`);
  },
  "kube-router": (arch: string) => {
    const version = versions.kubeRouter;
    const folder = `https://github.com/cloudnativelabs/kube-router/releases/download/v${version}`;
    const url = `${folder}/kube-router_${version}_linux_${arch}.tar.gz`;
    return release(
      version,
      url,
      { "kube-router": "kube-router" },
      `${folder}/kube-router_${version}_checksums.txt`,
    );
  },
};

function release(version: string, url: string, take: Official["files"][0]["take"], list: string): Official {
  return { version, files: [{ url, take, published: { kind: "list", url: list } }] };
}
