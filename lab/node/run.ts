/** A node while it runs: its files, its network with the ways in and out, and its parts. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openNetwork, type PrivateNetwork } from "../network/network.ts";
import { relay } from "../network/relay.ts";
import { removeCgroup } from "./cgroups.ts";
import {
  addresses,
  containerdConfiguration,
  corefile,
  kernelSettings,
  kubeletConfiguration,
  networkConfiguration,
  proxyConfiguration,
} from "./configuration.ts";
import { type Parts, startParts } from "./parts.ts";
import { cgroupOf, modelsFolder, type NodeSpec, networkProcessFile } from "./spec.ts";

export interface RunningNode extends Parts {
  close(): Promise<void>;
}

/** Ready once pods can be run there. What a node that was killed has left must have been removed. */
export async function runNode(spec: NodeSpec): Promise<RunningNode> {
  const { folder } = spec;
  await prepareFiles(spec);
  const network = await openNetwork(join(folder, "network"), [
    // A cable whose other end drops what is for somebody else.
    "ip link add node type veth peer name nobody && ip link set node up && ip link set nobody up",
    `ip address add ${addresses.nodeRange} dev node`,
    // Nothing leaves by it; the kernel wants to know a way before it lets a Service's address be replaced.
    "ip route add default dev node",
    // Where the API server says that it is, to those that ask for it by its Service.
    `ip address add ${spec.api.advertised}/32 dev lo`,
  ]);
  await writeFile(networkProcessFile(folder), network.process);
  try {
    const closeRelays = await connectApi(network, spec);
    const parts = await startParts(network, spec);
    return {
      ...parts,
      async close() {
        parts.gpu.close();
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
