/** Names of processes that tell, on the machine that made them, whether the process still runs. */
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";

/** This process, as `<process table>/<id>`; undefined where the system does not name its process table. */
export function ownProcess(): string | undefined {
  const table = processTable();
  return table === undefined ? undefined : `${table}/${process.pid}`;
}

/** Whether a process so named has ended; false for one of another machine, container or boot. */
export function hasEnded(name: string): boolean {
  const [table, id] = name.split("/");
  if (table === undefined || table !== processTable() || !/^[1-9]\d*$/.test(id ?? "")) {
    return false;
  }
  try {
    process.kill(Number(id), 0);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === "ESRCH";
  }
}

/** What ids are unique in: a boot of Linux, and in it a namespace of processes. */
function processTable(): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return createHash("sha256")
      .update(`${boot} ${readlinkSync("/proc/self/ns/pid")}`)
      .digest("hex")
      .slice(0, 16);
  } catch {
    return undefined;
  }
}
