/** The node's parts while they run, in mounts and processes of their own, and how they end and start: one by one, or as by a power cut. */
import { createWriteStream } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { PrivateNetwork, Program } from "../network/network.ts";
import { makeCgroup } from "./cgroups.ts";
import { addresses, containerdSocket, kernelSettings, pauseImage, policyArguments } from "./configuration.ts";
import { nodeDiskSize } from "./disks.ts";
import { createGpu, type Gpu } from "./gpu/index.ts";
import { writeImages } from "./image/archive.ts";
import { cgroupOf, firstProcessFile, type NodeSpec } from "./spec.ts";

export interface Parts {
  readonly gpu: Gpu;
  /** Fires when one of them has ended by itself. */
  readonly broken: Promise<string>;
  /** Kills one and starts it again. What runs in containers goes on. */
  restart(name: "containerd" | "kubelet"): Promise<void>;
  /**
   * Ends containerd, the kubelet, kube-router and all containers at once. Nobody answers at the node's pods and its kubelet then, and nobody
   * refuses. The proxy and the DNS server go on: they play those of all nodes.
   */
  cutPower(): Promise<void>;
  /** Starts them anew, with the files that they had, but for the kubelet's own, which lie in memory. */
  restorePower(): Promise<void>;
}

type PartName = "containerd" | "kubelet" | "kube-proxy" | "coredns" | "kube-router";

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

/** Starts them. Ready once pods can be run there. */
export async function startParts(network: PrivateNetwork, spec: NodeSpec): Promise<Parts> {
  const { folder, executables } = spec;
  const gpu = createGpu(join(folder, "device-plugins"), spec.gpu);
  const broken = Promise.withResolvers<string>();
  const running = new Map<PartName | "the first process", Program>();
  const watch = (name: PartName | "the first process", program: Program): void => {
    running.set(name, program);
    void program.ended.then((status) => {
      if (running.get(name) === program) broken.resolve(`${name} ended with status ${status}`);
    });
  };
  const env = {
    PATH: [dirname(executables.containerd), dirname(executables.runc), path].join(":"),
    HOME: folder,
  };
  const processes = await makeCgroup(cgroupOf(folder));
  // Whoever is in the node's control group is ended with it, also where nobody is left who has started it.
  const known = ["sh", "-c", `echo 0 > "$1" && shift && exec "$@"`, "sh", processes];
  const commands = commandsOf(spec);
  const start = async (name: PartName, way: readonly string[]): Promise<void> => {
    const [program = "", ...args] = [...way, ...known, ...commands[name].command];
    const log = createWriteStream(join(folder, "logs", `${name}.log`), { flags: "a" });
    const onLine = (line: string): void => void log.write(`${line}\n`);
    watch(name, await network.start(program, args, { env, ready: commands[name].ready, onLine }));
  };
  /** The id of the first process, which all in the node's own mounts and processes end with. */
  let first = 0;
  let inside: readonly string[] = [];
  const startKubelet = async (): Promise<void> => {
    // A killed one leaves its socket, by which the card's plugin would take it for the next.
    await rm(join(folder, "device-plugins", "kubelet.sock"), { force: true });
    await start("kubelet", inside);
    await gpu.register();
  };
  const boot = async (): Promise<void> => {
    const namespaces = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"];
    const holder = await network.start(
      "sh",
      [...known.slice(1), "unshare", ...namespaces, "sh", "-c", ownMounts, "sh", folder],
      { ready: /^node \d+$/m },
    );
    watch("the first process", holder);
    first = Number(/^node (\d+)$/m.exec(holder.printed())?.[1]);
    await writeFile(firstProcessFile(folder), String(first));
    inside = ["nsenter", `--mount=/proc/${first}/ns/mnt`, `--pid=/proc/${first}/ns/pid_for_children`];
    await start("containerd", inside);
  };
  await boot();
  await importImages(spec, async (args) => {
    await network.start("nsenter", [...inside.slice(1), ...args], { env, ready: /^imported$/m });
  });
  const startOwn = () => Promise.all([startKubelet(), start("kube-router", inside)]);
  await Promise.all([startOwn(), start("kube-proxy", []), start("coredns", [])]);
  return {
    gpu,
    broken: broken.promise,
    async restart(name) {
      const program = running.get(name);
      running.delete(name);
      await program?.end();
      await (name === "kubelet" ? startKubelet() : start(name, inside));
    },
    async cutPower() {
      const own = ["the first process", "containerd", "kubelet", "kube-router"] as const;
      const ends = own.map((name) => {
        const program = running.get(name);
        running.delete(name);
        return program?.ended;
      });
      gpu.close();
      await ruled(network, silence(spec.kubeletPort));
      process.kill(first, "SIGKILL");
      await Promise.all(ends);
      await network.start("sh", ["-c", removePodLinks], { ready: /^removed$/m });
    },
    async restorePower() {
      await ruled(network, `delete table inet ${silenceTable}`);
      await boot();
      await startOwn();
    },
  };
}

/** What each is started by, and what it prints once it serves. Pure. */
function commandsOf({
  folder,
  name,
  kubeconfig,
  executables,
}: NodeSpec): Record<PartName, { command: readonly string[]; ready: RegExp }> {
  const { containerd, kubelet, kubeProxy, coredns, kubeRouter } = executables;
  return {
    containerd: {
      command: [containerd, "--config", join(folder, "containerd.toml")],
      ready: /containerd successfully booted/,
    },
    kubelet: {
      command: [
        kubelet,
        `--config=${join(folder, "kubelet.yaml")}`,
        `--kubeconfig=${kubeconfig}`,
        `--root-dir=${join(folder, "kubelet")}`,
        `--cert-dir=${join(folder, "pki")}`,
        `--hostname-override=${name}`,
        `--node-ip=${addresses.node}`,
        // Whoever made the Node has said by which addresses it is reached.
        "--cloud-provider=external",
      ],
      ready: /Started kubelet/,
    },
    "kube-proxy": {
      command: [kubeProxy, `--config=${join(folder, "kube-proxy.yaml")}`],
      ready: /Caches are synced/,
    },
    coredns: { command: [coredns, "-conf", join(folder, "Corefile")], ready: /CoreDNS-/ },
    "kube-router": {
      command: [kubeRouter, ...policyArguments(kubeconfig, name)],
      ready: /sync iptables took/,
    },
  };
}

/**
 * A pod's network outlives its processes while the kernel still waits for an answer to what they had sent. The first pod after a start
 * has the same address, and its route would lead to the one before, as long as that has its link.
 */
const removePodLinks = `for link in $(ip -o link show type veth | sed -n 's/^[0-9]*: \\(veth[^@]*\\)@.*/\\1/p'); do
  ip link delete "$link" 2> /dev/null
done
echo removed`;

const silenceTable = "silence";

/** Rules by which nothing reaches the node's pods and its kubelet, or comes from them: not even that a connection has ended. */
function silence(kubeletPort: number): string {
  return `table inet ${silenceTable} {
    chain out {
      type filter hook postrouting priority 0;
      ip daddr ${addresses.pods} drop
      ip daddr 127.0.0.1 tcp dport ${kubeletPort} drop
      ip saddr 127.0.0.1 tcp sport ${kubeletPort} drop
    }
    chain in {
      type filter hook prerouting priority -300;
      ip saddr ${addresses.pods} drop
    }
  }`;
}

async function ruled(network: PrivateNetwork, rules: string): Promise<void> {
  await network.start("sh", ["-c", `nft "$1" && echo ruled`, "sh", rules], { ready: /^ruled$/m });
}

/** Ends when it is told to, as pods' first processes do. */
const pause = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); signal.pause()";

/** containerd keeps them across starts of the node. */
async function importImages(
  { folder, images, executables }: NodeSpec,
  run: (args: readonly string[]) => Promise<void>,
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
