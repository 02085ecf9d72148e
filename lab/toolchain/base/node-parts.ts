/** The parts of a real node, brought only where one is asked for. */
import type { NodePartName, Part } from "./part.ts";
import { kubernetesVariables, versions } from "./versions.ts";

function kubernetes(name: "kubelet" | "kube-proxy"): Part {
  return {
    name,
    version: versions.kubernetes,
    module: "kubernetes-node",
    recipe: {
      kind: "build",
      executables: { [name]: `k8s.io/kubernetes/cmd/${name}` },
      variables: kubernetesVariables,
    },
    onDemand: true,
  };
}

const containerd = "github.com/containerd/containerd/v2";
const plugins = "github.com/containernetworking/plugins";

export const nodeParts: readonly (Part & { readonly name: NodePartName })[] = [
  kubernetes("kubelet") as Part & { name: "kubelet" },
  kubernetes("kube-proxy") as Part & { name: "kube-proxy" },
  {
    name: "containerd",
    version: versions.containerd,
    module: "containerd",
    recipe: {
      kind: "build",
      executables: {
        containerd: `${containerd}/cmd/containerd`,
        "containerd-shim-runc-v2": `${containerd}/cmd/containerd-shim-runc-v2`,
        ctr: `${containerd}/cmd/ctr`,
      },
      variables: { [`${containerd}/version.Version`]: `v${versions.containerd}` },
      // File systems that need libraries of the machine.
      tags: ["no_btrfs", "no_devmapper", "no_zfs"],
    },
    onDemand: true,
  },
  {
    name: "runc",
    version: versions.runc,
    module: "runc",
    // Without seccomp it runs no container that asks for the runtime's own profile, as the server's does.
    recipe: {
      kind: "build",
      executables: { runc: "github.com/opencontainers/runc" },
      variables: {},
      tags: ["seccomp"],
      cgo: true,
    },
    onDemand: true,
  },
  {
    name: "cni-plugins",
    version: versions.cniPlugins,
    module: "cni",
    recipe: {
      kind: "build",
      executables: {
        ptp: `${plugins}/plugins/main/ptp`,
        loopback: `${plugins}/plugins/main/loopback`,
        "host-local": `${plugins}/plugins/ipam/host-local`,
      },
      variables: { [`${plugins}/pkg/utils/buildversion.BuildVersion`]: `v${versions.cniPlugins}` },
    },
    onDemand: true,
  },
  {
    name: "coredns",
    version: versions.coredns,
    module: "coredns",
    recipe: { kind: "build", executables: { coredns: "github.com/coredns/coredns" }, variables: {} },
    onDemand: true,
  },
];
