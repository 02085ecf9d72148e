/** The parts of a real node, brought only where one is asked for. */
import { kubernetesPart, type NodePartName, type Part } from "./part.ts";
import { versions } from "./versions.ts";

const containerd = "github.com/containerd/containerd/v2";
const plugins = "github.com/containernetworking/plugins";
const kubeRouter = "github.com/cloudnativelabs/kube-router/v2";

export const nodeParts: readonly (Part & { readonly name: NodePartName })[] = [
  { ...kubernetesPart("kubelet", "kubernetes-node"), onDemand: true },
  { ...kubernetesPart("kube-proxy", "kubernetes-node"), onDemand: true },
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
  {
    name: "kube-router",
    version: versions.kubeRouter,
    module: "kube-router",
    recipe: {
      kind: "build",
      executables: { "kube-router": `${kubeRouter}/cmd/kube-router` },
      variables: { [`${kubeRouter}/pkg/version.Version`]: `v${versions.kubeRouter}` },
    },
    onDemand: true,
  },
];
