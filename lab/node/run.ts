/** A node while it runs: its network, its own mounts and processes, and in them containerd, the kubelet and the rest. */
import { createWriteStream } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openNetwork, type PrivateNetwork, type Program } from "../network/network.ts";
import { relay } from "../network/relay.ts";
import { makeCgroup, removeCgroup } from "./cgroups.ts";
import {
  addresses,
  containerdConfiguration,
  containerdSocket,
  corefile,
  kernelSettings,
  kubeletConfiguration,
  networkConfiguration,
  pauseImage,
  policyArguments,
  proxyConfiguration,
} from "./configuration.ts";
import { nodeDiskSize } from "./disks.ts";
import { createGpu, type Gpu } from "./gpu/index.ts";
import { writeImages } from "./image/archive.ts";
import { cgroupOf, firstProcessFile, modelsFolder, type NodeSpec } from "./spec.ts";

export interface RunningNode {
  readonly gpu: Gpu;
  /** Fires when one of its parts has ended by itself. */
  readonly broken: Promise<string>;
  close(): Promise<void>;
}

/** What a node's processes see of the machine: the same files, and nothing that they write there. */
const ownMounts = `
set -e
read -r outer rest < /proc/self/stat
cd -- "$1"
mount -t proc proc /proc
mount -t tmpfs -o mode=755 tmpfs /run
for name in lib log; do
  mount -t overlay overlay -o "lowerdir=/var/$name,upperdir=var-$name/upper,workdir=var-$name/work" "/var/$name"
done
mkdir -p /var/lib/vllm/huggingface /var/lib/kubelet/device-plugins /run/containerd
mount --bind models /var/lib/vllm/huggingface
mount --bind device-plugins /var/lib/kubelet/device-plugins
mkdir -p kubelet
mount -t tmpfs -o mode=750,size=${nodeDiskSize} tmpfs kubelet
for setting in ${Object.keys(kernelSettings).join(" ")}; do
  [ ! -e "/proc/sys/$setting" ] || mount --bind "kernel/$setting" "/proc/sys/$setting"
done
mount --make-rshared /
echo "node $outer"
# The first process in a namespace takes note of the end of those whose parents are gone.
while :; do
  sleep 3600 &
  wait $!
done
`;

const path = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].join(":");

/** Ready once pods can be run there. What a node that was killed has left must have been removed. */
export async function runNode(spec: NodeSpec): Promise<RunningNode> {
  const { folder } = spec;
  await prepareFiles(spec);
  const processes = await makeCgroup(cgroupOf(folder));
  const network = await openNetwork(join(folder, "network"), [
    // A cable whose other end drops what is for somebody else.
    "ip link add node type veth peer name nobody && ip link set node up && ip link set nobody up",
    `ip address add ${addresses.nodeRange} dev node`,
    // Nothing leaves by it; the kernel wants to know a way before it lets a Service's address be replaced.
    "ip route add default dev node",
    // Where the API server says that it is, to those that ask for it by its Service.
    `ip address add ${spec.api.advertised}/32 dev lo`,
  ]);
  try {
    const closeRelays = await connectApi(network, spec);
    const running = await startParts(network, spec, processes);
    return {
      ...running,
      async close() {
        running.gpu.close();
        closeRelays();
        await network.close();
        await removeCgroup(cgroupOf(folder));
      },
    };
  } catch (error) {
    await network.close();
    await removeCgroup(cgroupOf(folder));
    throw error;
  }
}

async function prepareFiles({ folder, kubeconfig, name, executables, ...spec }: NodeSpec): Promise<void> {
  for (const one of ["var-lib", "var-log"]) {
    // What stood in them belonged to a node whose processes are gone.
    await rm(join(folder, one), { recursive: true, force: true });
    for (const part of ["upper", "work"]) await mkdir(join(folder, one, part), { recursive: true });
  }
  await rm(join(folder, "device-plugins"), { recursive: true, force: true });
  await mkdir(join(folder, "device-plugins"));
  await mkdir(modelsFolder(folder), { recursive: true });
  await mkdir(join(folder, "logs"), { recursive: true });
  const resolvConf = join(folder, "resolv.conf");
  const files: Record<string, string> = {
    [resolvConf]: `nameserver ${addresses.node}\n`,
    [join(folder, "containerd.toml")]: containerdConfiguration(folder, executables),
    [join(folder, "cni", "10-pods.conflist")]: networkConfiguration(),
    [join(folder, "kubelet.yaml")]: kubeletConfiguration({
      certificateAuthority: spec.certificateAuthority,
      cgroup: cgroupOf(folder),
      port: spec.kubeletPort,
      resolvConf,
    }),
    [join(folder, "kube-proxy.yaml")]: proxyConfiguration(kubeconfig, name),
    [join(folder, "Corefile")]: corefile(kubeconfig),
    ...Object.fromEntries(
      Object.entries(kernelSettings).map(([setting, value]) => [
        join(folder, "kernel", setting),
        `${value}\n`,
      ]),
    ),
  };
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

/** Inside, the API server has the address that it has outside, and the one that pods know; and outside, so does the kubelet. */
async function connectApi(network: PrivateNetwork, { api, kubeletPort }: NodeSpec): Promise<() => void> {
  const [up, down] = ["api.sock", "kubelet.sock"].map((name) => ({ path: join(network.folder, name) }));
  if (up === undefined || down === undefined) throw new Error("two sockets");
  const kubelet = { host: "127.0.0.1", port: kubeletPort };
  await network.relay([
    { from: api, to: up },
    { from: { host: api.advertised, port: api.port }, to: up },
    { from: down, to: kubelet },
  ]);
  const servers = [await relay({ from: up, to: api }), await relay({ from: kubelet, to: down })];
  return () => {
    for (const server of servers) server.close();
  };
}

async function startParts(
  network: PrivateNetwork,
  spec: NodeSpec,
  processes: string,
): Promise<Pick<RunningNode, "gpu" | "broken">> {
  const { folder, executables, kubeconfig } = spec;
  const namespaces = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"];
  // Whoever is in the node's control group is ended with it, also where nobody is left who has started it.
  const known = ["sh", "-c", `echo 0 > "$1" && shift && exec "$@"`, "sh", processes];
  const holder = await network.start(
    "sh",
    [...known.slice(1), "unshare", ...namespaces, "sh", "-c", ownMounts, "sh", folder],
    { ready: /^node \d+$/m },
  );
  const process = /^node (\d+)$/m.exec(holder.printed())?.[1] ?? "";
  await writeFile(firstProcessFile(folder), process);
  const inside = [`--mount=/proc/${process}/ns/mnt`, `--pid=/proc/${process}/ns/pid_for_children`];
  const env = {
    PATH: [dirname(executables.containerd), dirname(executables.runc), path].join(":"),
    HOME: folder,
  };
  const running: [string, Program][] = [["the first process", holder]];
  const start = async (
    name: string,
    command: string,
    args: readonly string[],
    ready: RegExp,
  ): Promise<void> => {
    const log = createWriteStream(join(folder, "logs", `${name}.log`), { flags: "a" });
    const options = { env, ready, onLine: (line: string) => void log.write(`${line}\n`) };
    running.push([name, await network.start("nsenter", [...inside, ...known, command, ...args], options)]);
  };
  const { containerd, kubelet, kubeProxy, coredns, kubeRouter } = executables;
  await start(
    "containerd",
    containerd,
    ["--config", join(folder, "containerd.toml")],
    /containerd successfully booted/,
  );
  await importImages(spec, (args) =>
    network.start("nsenter", [...inside, ...args], { env, ready: /^imported$/m }),
  );
  const gpu = createGpu(join(folder, "device-plugins"), spec.gpu);
  await Promise.all([
    start(
      "kubelet",
      kubelet,
      [
        `--config=${join(folder, "kubelet.yaml")}`,
        `--kubeconfig=${kubeconfig}`,
        `--root-dir=${join(folder, "kubelet")}`,
        `--cert-dir=${join(folder, "pki")}`,
        `--hostname-override=${spec.name}`,
        `--node-ip=${addresses.node}`,
        // Whoever made the Node has said by which addresses it is reached.
        "--cloud-provider=external",
      ],
      /Started kubelet/,
    ),
    start("kube-proxy", kubeProxy, [`--config=${join(folder, "kube-proxy.yaml")}`], /Caches are synced/),
    start("coredns", coredns, ["-conf", join(folder, "Corefile")], /CoreDNS-/),
    start("kube-router", kubeRouter, policyArguments(kubeconfig, spec.name), /sync iptables took/),
  ]);
  await gpu.register();
  const ends = running.map(([name, { ended }]) =>
    ended.then((status) => `${name} ended with status ${status}`),
  );
  return { gpu, broken: Promise.race(ends) };
}

/** Ends when it is told to, as pods' first processes do. */
const pause = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); signal.pause()";

/** containerd keeps them across starts of the node. */
async function importImages(
  { folder, images, executables }: NodeSpec,
  run: (args: readonly string[]) => Promise<Program>,
): Promise<void> {
  const file = join(folder, "images.tar");
  await writeImages(file, [
    { name: pauseImage, entrypoint: ["python3", "-I", "-c", pause], env: {} },
    ...images.map(({ name, version }) => ({
      name,
      entrypoint: ["python3", "-m", "vllm.entrypoints.openai.api_server"],
      env: { VLLM_PLATFORM_STUB_VERSION: version },
    })),
  ]);
  const ctr = join(dirname(executables.containerd), "ctr");
  const script = `"$1" --address ${containerdSocket} --namespace k8s.io images import "$2" && echo imported`;
  await run(["sh", "-c", script, "sh", ctr, file]);
  await rm(file);
}
