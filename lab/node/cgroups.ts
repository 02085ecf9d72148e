/** The control groups of a node: one folder of its own in each hierarchy, with all that kubelet and runc make below. */
import { mkdir, readdir, readFile, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What the kubelet limits pods by. */
const needed = ["cpu", "cpuset", "memory", "pids"] as const;

/** Where control groups are mounted, and which controllers lie there; a hierarchy with a name alone has none. */
export interface Hierarchy {
  readonly path: string;
  readonly controllers: readonly string[];
}

/** Reads a `mountinfo` file of the kernel; `unified` are the controllers of the second version's hierarchy. Pure. */
export function hierarchiesIn(mountinfo: string, unified: string): Hierarchy[] {
  const mounted = mountinfo.split("\n").flatMap((line) => {
    const [fields = "", more = ""] = line.split(" - ");
    const path = fields.split(" ")[4];
    const [type, , options = ""] = more.split(" ");
    return path === undefined || !type?.startsWith("cgroup")
      ? []
      : [{ path, type, options: options.split(",") }];
  });
  return mounted.map(({ path, type, options }) => ({
    path,
    controllers: type === "cgroup2" ? unified.split(/\s+/).filter(Boolean) : options,
  }));
}

/** Why the machine's layout of control groups does not do, if it does not. Pure. */
export function whyNoCgroups(hierarchies: readonly Hierarchy[]): string | undefined {
  const missing = needed.filter((one) => !hierarchies.some(({ controllers }) => controllers.includes(one)));
  return missing.length === 0
    ? undefined
    : `the kernel's control groups lack ${missing.join(", ")} here, by which the kubelet limits pods`;
}

export async function readHierarchies(): Promise<Hierarchy[]> {
  const mountinfo = await readFile("/proc/self/mountinfo", "utf8");
  const unified = /^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 /m.exec(mountinfo)?.[1];
  const controllers = unified && (await readFile(join(unified, "cgroup.controllers"), "utf8"));
  return hierarchiesIn(mountinfo, controllers ?? "");
}

/**
 * Makes it in each hierarchy.
 * @param name such as `/vllm-platform-1a2b3c`
 * @returns the file into which a process writes 0 to belong to it, and to be ended with it
 */
export async function makeCgroup(name: string): Promise<string> {
  const hierarchies = await readHierarchies();
  for (const { path } of hierarchies) await mkdir(join(path, name), { recursive: true });
  const { path = "" } = hierarchies.find(({ controllers }) => controllers.includes("pids")) ?? {};
  // Below, since a group with processes of its own may limit no others.
  await mkdir(join(path, name, "parts"), { recursive: true });
  return join(path, name, "parts", "cgroup.procs");
}

/** Ends all processes in it, and removes it everywhere with all below. @throws where some stay for 10 s */
export async function removeCgroup(name: string): Promise<void> {
  for (const { path } of await readHierarchies()) {
    for (let tries = 0; ; tries++) {
      try {
        await removeFolders(join(path, name));
        break;
      } catch (error) {
        // The kernel takes a moment to take leave of processes that have ended.
        if (tries === 200) throw error;
        await sleep(50);
      }
    }
  }
}

async function removeFolders(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return;
  for (const entry of entries) if (entry.isDirectory()) await removeFolders(join(folder, entry.name));
  const processes = await readFile(join(folder, "cgroup.procs"), "utf8").catch(() => "");
  for (const id of processes.split("\n").filter(Boolean)) end(Number(id));
  await rmdir(folder);
}

function end(id: number): void {
  try {
    process.kill(id, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
