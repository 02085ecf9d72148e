/** The card that is meant, of the node's own words, in the form that the gates are asked in. Pure. */
import type { Finding } from "../../findings/finding.ts";
import { modeOf } from "../facts/containers.ts";
import type { GpuProcess, Known, NodeFacts } from "../facts/facts.ts";
import { chosenCard } from "../facts/nvidia-smi.ts";
import type { LiveCard } from "./live-card.ts";
import type { NodeSubject } from "./subject.ts";

/** Several cards of different names: the server must get the one that the gates were asked about. */
export function judgeCards({ settings: { gpuNode } }: NodeSubject, { smi }: NodeFacts): Finding[] {
  const names = (smi.gpus ?? []).map(({ name }) => name);
  if (new Set(names).size < 2) {
    return [];
  }
  const wanted = gpuNode.card.name;
  const found = `the node has ${names.length} cards: ${names.join(", ")}`;
  return [
    names.includes(wanted)
      ? {
          item: "cards",
          state: "warning",
          found: `${found}; ${wanted} counts here, and a pod may get any that NVIDIA's device plugin offers`,
          fix: `Let the device plugin offer ${wanted} alone: its index or UUID as NVIDIA_VISIBLE_DEVICES of the DaemonSet`,
        }
      : {
          item: "cards",
          state: "fault",
          found: `${found}; none is gpuNode.card.name ${wanted}`,
          fix: "Write the name of the server's card into gpuNode.card, with its other values",
        },
  ];
}

/** The facts in the form that the gates are asked in. */
export function liveCardOf(
  { settings: { gpuNode } }: NodeSubject,
  { smi, cuda, capability, reserved, processes, toolkit, toolkitMode }: NodeFacts,
): LiveCard {
  const gpus = smi.gpus ?? [];
  const gpu = chosenCard(gpus, gpuNode.card.name);
  const reservedMiB = gpu && reserved.value?.[gpu.line];
  const computeCapability = gpu && capability.value?.[gpu.line];
  const mode = modeOf(toolkit.value, toolkitMode.value);
  return {
    driver:
      smi.gpus === undefined
        ? { why: smi.text }
        : { value: { version: smi.driver, ...(cuda.value === undefined ? {} : { cuda: cuda.value }) } },
    card:
      gpu === undefined
        ? { why: `nvidia-smi tells of no card ${gpuNode.card.name}` }
        : {
            value: {
              name: gpu.name,
              ...(gpu.totalMiB === undefined ? {} : { memoryMiB: gpu.totalMiB }),
              ...(gpu.totalMiB === undefined || reservedMiB === undefined
                ? {}
                : { usableGiB: Math.round(((gpu.totalMiB - reservedMiB) / 1024) * 100) / 100 }),
              ...(computeCapability === undefined ? {} : { computeCapability }),
            },
          },
    heldMiB: heldByOthers(gpu?.usedMiB, processes, gpus.length),
    heldBy: (processes.value ?? [])
      .filter(({ place }) => place !== "pod")
      .map(
        ({ name, pid, usedMiB }) =>
          `${name}, process ${pid}${usedMiB === undefined ? "" : `, ${usedMiB} MiB`}`,
      ),
    toolkit: {
      ...(toolkit.value === undefined ? {} : { version: toolkit.value }),
      ...(mode === undefined ? {} : { mode }),
    },
  };
}

/** What is in use without what pods hold: those of the platform end before the next server starts. */
function heldByOthers(
  usedMiB: number | undefined,
  processes: Known<GpuProcess[]>,
  cards: number,
): Known<number> {
  const computing = processes.value?.filter(({ kind }) => kind === "C");
  if (usedMiB === undefined || computing === undefined) {
    return { why: "nvidia-smi does not tell who holds the card's memory" };
  }
  // In another namespace of process ids, or without its size: then nobody knows whose the memory is.
  if (
    computing.some(
      ({ place, usedMiB: used }) => place === "unknown" || (place === "pod" && used === undefined),
    )
  ) {
    return { why: "it cannot be told which programs on the card run in pods" };
  }
  const inPods = computing.filter(({ place }) => place === "pod");
  if (cards > 1 && inPods.length > 0) {
    return { why: "it cannot be told on which of the node's cards the pods' programs run" };
  }
  return { value: Math.max(0, usedMiB - inPods.reduce((sum, { usedMiB: used = 0 }) => sum + used, 0)) };
}
