/** What a node's parts are told, as the texts of their files. Pure. */
import { stringify } from "yaml";

/** Addresses of the node's network. The node's own is the reference setup's. */
export const addresses = {
  node: "192.168.0.25",
  nodeRange: "192.168.0.25/24",
  pods: "10.42.0.0/24",
} as const;

/** Of the resource whose handler stands for NVIDIA's. */
export const runtimeHandler = "nvidia";

/** In the node's own mounts: short, since a socket's path may have 107 characters. */
export const containerdSocket = "/run/containerd/containerd.sock";

/** Made by us, imported under this name and never pulled. */
export const pauseImage = "lab.vllm-platform/pause:1";

/** Absolute paths of what containerd starts. */
export interface RuntimeExecutables {
  readonly runc: string;
  /** Folder of the CNI plugins. */
  readonly plugins: string;
}

/** `restrict_oom_score_adj`: a machine may lack CAP_SYS_RESOURCE, and no sandbox of a pod could be made. */
export function containerdConfiguration(folder: string, { runc, plugins }: RuntimeExecutables): string {
  const runtime = (name: string): string => `
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.${name}]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.${name}.options]
  BinaryName = ${JSON.stringify(runc)}
`;
  return `version = 3
root = ${JSON.stringify(`${folder}/containerd`)}
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri"]

[grpc]
  address = "${containerdSocket}"

[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${pauseImage}"

[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true

[plugins."io.containerd.cri.v1.runtime".containerd]
  default_runtime_name = "runc"
${runtime("runc")}${runtime(runtimeHandler)}
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = [${JSON.stringify(plugins)}]
  conf_dir = ${JSON.stringify(`${folder}/cni`)}
`;
}

/** Each pod has a cable to the node of its own, so all that it sends passes the node's rules, also to its neighbour. */
export function networkConfiguration(): string {
  return JSON.stringify({
    cniVersion: "1.0.0",
    name: "pods",
    plugins: [
      {
        type: "ptp",
        ipam: {
          type: "host-local",
          dataDir: "/run/cni",
          ranges: [[{ subnet: addresses.pods }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
    ],
  });
}

export interface KubeletOptions {
  /** Whose certificates it trusts: the API server's and its administrator's. */
  readonly certificateAuthority: string;
  readonly cgroup: string;
  /** On loopback, and by a relay on the machine's, where the API server asks. */
  readonly port: number;
  readonly resolvConf: string;
}

export function kubeletConfiguration(options: KubeletOptions): string {
  return stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: "127.0.0.1",
    port: options.port,
    healthzPort: 0,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: false },
      x509: { clientCAFile: options.certificateAuthority },
    },
    authorization: { mode: "AlwaysAllow" },
    cgroupDriver: "cgroupfs",
    cgroupRoot: options.cgroup,
    failCgroupV1: false,
    failSwapOn: false,
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    clusterDNS: [addresses.node],
    clusterDomain: "cluster.local",
    resolvConf: options.resolvConf,
    protectKernelDefaults: true,
    // How full the machine's disk is, is its owner's business as long as pods can be run.
    imageGCHighThresholdPercent: 100,
    evictionHard: { "memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
    // The kubelet's own disk is one that can be filled: the node is then under pressure, and ends no pod for that.
    evictionSoft: { "nodefs.available": "10%" },
    evictionSoftGracePeriod: { "nodefs.available": "30m" },
    evictionPressureTransitionPeriod: "1s",
    // How often it looks how much pods have written; a minute by default.
    volumeStatsAggPeriod: "5s",
  });
}

/** What it would change of connection tracking, it would change for the whole machine. */
export function proxyConfiguration(kubeconfig: string, nodeName: string): string {
  return stringify({
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "nftables",
    hostnameOverride: nodeName,
    clientConnection: { kubeconfig },
    clusterCIDR: addresses.pods,
    conntrack: {
      maxPerCore: 0,
      min: 0,
      tcpEstablishedTimeout: "0s",
      tcpCloseWaitTimeout: "0s",
      udpTimeout: "0s",
      udpStreamTimeout: "0s",
    },
    metricsBindAddress: "127.0.0.1:10249",
    healthzBindAddress: "127.0.0.1:10256",
  });
}

/** The controller that k3s runs within itself, and of it what enforces NetworkPolicies alone. */
export function policyArguments(kubeconfig: string, nodeName: string): string[] {
  return [
    "--run-firewall=true",
    "--run-router=false",
    "--run-service-proxy=false",
    "--health-port=0",
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${nodeName}`,
    // It tells when it has done what is asked for.
    "--v=1",
  ];
}

/** Names of Services and nothing else: there is no way out. */
export function corefile(kubeconfig: string): string {
  return `.:53 {
  bind ${addresses.node}
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${kubeconfig}
    ttl 5
  }
}
`;
}

/**
 * What the kubelet would otherwise set for the whole machine: it is shown files with these values instead of the kernel's.
 * Path below `/proc/sys` → value that it wants.
 */
export const kernelSettings: Readonly<Record<string, string>> = {
  "vm/overcommit_memory": "1",
  "vm/panic_on_oom": "0",
  "kernel/panic": "10",
  "kernel/panic_on_oops": "1",
  "kernel/keys/root_maxkeys": "1000000",
  "kernel/keys/root_maxbytes": "25000000",
};
