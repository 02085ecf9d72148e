/** Versions of everything that the toolchain brings. The `go.mod` of each part must agree; a test holds that. */
export const versions = {
  pulumi: "3.259.0",
  /** The last release that the Go module proxy serves as part of the SDK. */
  languageHost: "3.68.0",
  kubernetesPlugin: "4.25.0",
  /** The commit of the tag v4.25.0, as the module proxy names it. */
  kubernetesPluginModule: "v4.0.0-20260115033456-f47bc2d6f199",
  commandPlugin: "1.2.1",
  randomPlugin: "4.21.2",
  etcd: "3.7.3",
  kubernetes: "1.37.2",
  kwok: "0.8.0",
  certManager: "1.21.2",
  traefik: "3.7.13",
  /** The newest whose module has all its headers: later ones keep some in folders that module archives leave out. */
  ollama: "0.6.5",
  actionlint: "1.7.12",
  containerd: "2.3.7",
  runc: "1.5.2",
  cniPlugins: "1.9.1",
  coredns: "1.14.7",
  /** The one whose network-policy controller k3s embeds. */
  kubeRouter: "2.1.0",
  /** Oldest Go that builds all of it. */
  go: "1.26",
} as const;

/** What Kubernetes' commands say of their version, set at link time. */
export const kubernetesVariables = Object.fromEntries(
  ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((path) => [
    [`${path}.gitVersion`, `v${versions.kubernetes}`],
    [`${path}.gitMajor`, "1"],
    [`${path}.gitMinor`, "37"],
  ]),
);
