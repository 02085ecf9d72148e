/** What the node's own words mean for the mode: one row an item, each with its fix. Pure. */
import type { Finding } from "../../findings/finding.ts";
import { modeOf } from "../facts/containers.ts";
import type { Known, NodeFacts } from "../facts/facts.ts";
import { chosenCard } from "../facts/nvidia-smi.ts";
import { judgeBus } from "./bus.ts";
import { judgeCards, liveCardOf } from "./card.ts";
import { judgeFolder } from "./folder.ts";
import { judgeLiveCard } from "./live-card.ts";
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
