import type { Node } from "./node.ts";

/** What a kubelet reports of its node, by the condition and the taint that stand for it; either keeps new pods away. */
const pressures: readonly [condition: string, taint: string, words: string][] = [
  ["DiskPressure", "node.kubernetes.io/disk-pressure", "disk pressure"],
  ["MemoryPressure", "node.kubernetes.io/memory-pressure", "memory pressure"],
  ["PIDPressure", "node.kubernetes.io/pid-pressure", "too many processes (PID pressure)"],
  ["NetworkUnavailable", "node.kubernetes.io/network-unavailable", "no network for pods"],
];

/** What keeps new pods away from a node, in words. Pure. */
export function pressuresOn({ status, spec }: Node): string[] {
  return pressures
    .filter(
      ([condition, taint]) =>
        status?.conditions?.some(({ type, status: is }) => type === condition && is === "True") ||
        spec?.taints?.some(({ key }) => key === taint),
    )
    .map(([, , words]) => words);
}
