import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  boltctlList,
  type CardState,
  idleCard,
  k3sContainerd,
  lspciLine,
  moduleVersion,
  smiScript,
  toolkitConfig,
  toolkitVersion,
} from "./node-outputs.ts";
import type { SshServer } from "./ssh-server.ts";

const card = "sys/bus/pci/devices/0000:2f:00.0";

/** Gives a server the tools and the files of the reference setup's GPU node, all in order. What was there is replaced. */
export async function healthyNode(server: SshServer, state: CardState = idleCard): Promise<void> {
  await rm(server.root, { recursive: true, force: true });
  const files: Readonly<Record<string, string>> = {
    [`${card}/vendor`]: "0x10de",
    [`${card}/class`]: "0x030000",
    [`${card}/device`]: "0x2504",
    [`${card}/current_link_width`]: "4",
    [`${card}/max_link_width`]: "16",
    [`${card}/current_link_speed`]: "8.0 GT/s PCIe",
    [`${card}/max_link_speed`]: "16.0 GT/s PCIe",
    "proc/driver/nvidia/version": moduleVersion(state.driver),
    "run/nvidia-persistenced/socket": "",
    "etc/nvidia-container-runtime/config.toml": toolkitConfig,
    "var/lib/rancher/k3s/agent/etc/containerd/config.toml": k3sContainerd,
    "var/lib/vllm/huggingface/hub/version.txt": "1",
    ...Object.fromEntries(
      state.computing.map(([pid]) => [`proc/${pid}/cgroup`, "0::/kubepods.slice/pod.slice"]),
    ),
  };
  for (const [path, text] of Object.entries(files)) {
    const file = join(server.root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  // Whoever runs the tests; on the node it is root's.
  await chmod(join(server.root, "var/lib/vllm/huggingface"), 0o777);
  await server.tool("nvidia-smi", smiScript(state));
  await server.tool("boltctl", prints(boltctlList("authorized")));
  await server.tool("lspci", prints(lspciLine));
  await server.tool("nvidia-ctk", prints(toolkitVersion));
  await server.tool("dmesg", prints("[    0.000000] Linux version 6.8.0\n[    1.000000] nvidia: loading\n"));
  await server.tool(
    "df",
    prints(
      "Filesystem     1024-blocks     Used Available Capacity Mounted on\n/dev/nvme0n1p2   244506940 98000000 134012345      43% /\n",
    ),
  );
}

/** Takes the card off the PCI bus. */
export async function removeCard(server: SshServer): Promise<void> {
  await rm(join(server.root, card), { recursive: true });
  await server.tool("lspci", "exit 0");
}

/** A program for sh that prints a text and ends with a status. */
export function prints(text: string, status = 0): string {
  return `cat <<'END'\n${text}${text.endsWith("\n") ? "" : "\n"}END\nexit ${status}`;
}
