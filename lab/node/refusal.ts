import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { finish } from "../../system/processes.ts";
import { whyNoNetwork } from "../network/network.ts";
import { readHierarchies, whyNoCgroups } from "./cgroups.ts";

/** What the node's parts run by its name, and the Debian package that has it. */
const commands = [
  ["nft", "nftables", "-v"],
  ["iptables", "iptables", "-V"],
  ["ipset", "ipset", "-v"],
  ["mount", "mount", "-V"],
  ["python3", "python3", "-V"],
] as const;

/** The node has folders of its own in their place, so nothing that it needs may lie below them. */
const hidden = ["/run", "/var/lib", "/var/log", "/proc"];

/** Why no real node can run here, if none can: half a sentence that names what is missing. @param folder the node's */
export async function whyNoNode(folder: string): Promise<string | undefined> {
  const why = await whyNoNetwork();
  if (why !== undefined) return why;
  for (const [command, debian, argument] of commands) {
    const there = await finish(command, [argument]).catch(() => undefined);
    if (there === undefined) return `the command ${command} is missing (Debian's package ${debian} has it)`;
  }
  const inside = hidden.find((one) => folder.startsWith(`${one}/`));
  if (inside !== undefined) {
    return `the sandbox lies below ${inside}, which a node replaces by its own: name another folder in VLLM_PLATFORM_SANDBOX`;
  }
  return whyNoCgroups(await readHierarchies()) ?? (await whyNoSets()) ?? (await whyNoOverlay(folder));
}

/** By sets of addresses kube-router's rules know who is admitted. */
async function whyNoSets(): Promise<string | undefined> {
  const rule = "iptables -A INPUT -m set --match-set tried src -j ACCEPT";
  const args = ["--net", "sh", "-c", `ipset create tried hash:ip && ${rule}`];
  const { status, stderr } = await finish("unshare", args);
  return status === 0
    ? undefined
    : `the kernel takes no rule with a set of addresses: ${stderr.trim().split("\n", 1)[0]}`;
}

/** Containers' file systems are overlays, and a container's own file system takes none. */
async function whyNoOverlay(folder: string): Promise<string | undefined> {
  const there = existsSync(folder);
  const tried = join(folder, "tried");
  for (const name of ["upper", "work"]) await mkdir(join(tried, name), { recursive: true });
  const mount = "mount -t overlay overlay -o lowerdir=/var/lib,upperdir=upper,workdir=work /var/lib";
  const args = [
    "--mount",
    "--propagation",
    "private",
    "--pid",
    "--fork",
    "sh",
    "-c",
    `cd "$1" && ${mount}`,
    "sh",
    tried,
  ];
  const { status, stderr } = await finish("unshare", args);
  await rm(there ? tried : folder, { recursive: true, force: true });
  return status === 0 ? undefined : `${folder} cannot be the upper part of an overlay: ${stderr.trim()}`;
}
