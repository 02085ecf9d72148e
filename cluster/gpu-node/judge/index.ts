/** What the node's own words mean for the mode: one row an item, each with its fix. Pure. */
import type { Finding } from "../../findings/finding.ts";
import type { GpuProcess, Known, NodeFacts } from "../facts/facts.ts";
import { chosenCard } from "../facts/nvidia-smi.ts";
import { judgeBus } from "./bus.ts";
import { judgeFolder } from "./folder.ts";
import { judgeLiveCard, type LiveCard } from "./live-card.ts";
import { judgeSmi } from "./smi.ts";
import type { NodeSubject } from "./subject.ts";

/** Judges the facts. Where one fault follows from another, only the first is one. */
export function judgeNode(subject: NodeSubject, facts: NodeFacts): Finding[] {
  const bus = judgeBus(facts);
  const stopped = bus.some(({ state }) => state === "fault");
  const smi = stopped ? [] : judgeSmi(facts);
  return [
    ...bus,
    ...smi,
    ...(stopped || smi.length > 0
      ? notToBeTold
      : [...judgeCards(subject, facts), ...judgeLiveCard(subject, liveCardOf(subject, facts))]),
    judgeXid(facts.xid),
    ...(facts.smi.gpus === undefined ? [] : [judgePersistence(subject, facts)]),
    judgeToolkit(subject, facts),
    judgeContainerd(facts.containerdRuntime),
    ...judgeFolder(subject, facts),
  ];
}

const notToBeTold: readonly Finding[] = ["card", "image", "memory"].map((item) => ({
  item,
  state: "unknown",
  found: "not to be told before the card answers",
}));

/** Several cards of different names: the server must get the one that the gates were asked about. */
function judgeCards({ settings: { gpuNode } }: NodeSubject, { smi }: NodeFacts): Finding[] {
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
function liveCardOf(
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

/** `auto` prepares containers by CDI from 1.18 on, and by itself before that (release notes of 1.18.0). */
function modeOf(version: string | undefined, mode: string | undefined): "legacy" | "cdi" | undefined {
  if (mode === "legacy" || mode === "cdi") {
    return mode;
  }
  const [major = 0, minor = 0] = version?.split(".").map(Number) ?? [];
  return mode !== "auto" || version === undefined ? undefined : major > 1 || minor >= 18 ? "cdi" : "legacy";
}

function judgeXid(xid: Known<string[]>): Finding {
  const item = "kernel log";
  if (xid.value === undefined) {
    return { item, state: "unknown", found: xid.why };
  }
  const last = xid.value.at(-1);
  return last === undefined
    ? { item, state: "ok", found: "no Xid errors since the node's start" }
    : {
        item,
        state: "warning",
        found: `${xid.value.length === 1 ? "an Xid error" : `${xid.value.length} Xid errors`} since the node's start, the last: ${last}`,
        fix: "Look the number up in NVIDIA's list of Xid errors; after 79 (fallen off the bus) or 48 (memory) restart the node, and if it returns, check the enclosure's cable and power",
      };
}

function judgePersistence(
  { settings: { gpuNode } }: NodeSubject,
  { smi, persistenceDaemon }: NodeFacts,
): Finding {
  const item = "persistence";
  const gpu = chosenCard(smi.gpus ?? [], gpuNode.card.name);
  if (persistenceDaemon.value === true || gpu?.persistence === true) {
    return {
      item,
      state: "ok",
      found: persistenceDaemon.value === true ? "nvidia-persistenced runs" : "persistence mode is on",
    };
  }
  return {
    item,
    state: "warning",
    found:
      "neither nvidia-persistenced nor persistence mode is on, so the driver starts anew for each program",
    fix: "Run `sudo systemctl enable --now nvidia-persistenced` on the node",
  };
}

function judgeToolkit({ settings: { gpuNode } }: NodeSubject, { toolkit, toolkitMode }: NodeFacts): Finding {
  const item = "container toolkit";
  if (toolkit.value === undefined) {
    return {
      item,
      state: "warning",
      found: toolkit.why,
      fix: "Install nvidia-container-toolkit on the node, unless the GPU operator brings its own",
    };
  }
  const mode = modeOf(toolkit.value, toolkitMode.value);
  const found = `${toolkit.value}${mode === undefined ? "" : `, mode ${mode}`}`;
  const { version, mode: writtenMode } = gpuNode.toolkit;
  const other = [
    ...(version !== undefined && version !== toolkit.value ? [`version: ${toolkit.value}`] : []),
    ...(mode !== undefined && mode !== writtenMode ? [`mode: ${mode}`] : []),
  ];
  return other.length === 0
    ? { item, state: "ok", found }
    : {
        item,
        state: "warning",
        found: `${found}, and Pulumi.yaml says ${version ?? "no version"}, mode ${writtenMode}`,
        fix: `Write \`${other.join(", ")}\` into gpuNode.toolkit`,
      };
}

function judgeContainerd(runtime: Known<boolean>): Finding {
  const item = "containerd";
  if (runtime.value === undefined) {
    return { item, state: "unknown", found: runtime.why };
  }
  return runtime.value
    ? { item, state: "ok", found: "has the runtime nvidia" }
    : {
        item,
        state: "fault",
        found: "has no runtime nvidia",
        fix: "K3s finds it when it starts: `sudo systemctl restart k3s-agent` after the container toolkit was installed. A containerd of your own: `sudo nvidia-ctk runtime configure --runtime=containerd`, then restart it",
      };
}
