/** The GPU node as a member of the cluster: there, on, reserved for the GPU, and with GPUs to give. Pure. */

import type { Finding } from "../findings/finding.ts";
import { blindPluginText, type DaemonSet, withRuntimeClass } from "./device-plugin.ts";
import type { NodeSubject } from "./judge/subject.ts";
import { areHoldersUnknown, type GpuNode, holdersUnknown, type Node, sharedText, whyNoGpu } from "./node.ts";
import { pressuresOn } from "./pressure.ts";

export interface Member {
  node: Node;
  gpuNode: GpuNode;
}

/**
 * @param switching whether the GPU is to change hands: a node that is off or taken is then a fault, and else a warning, as
 * the active mode stays declared for when it is back.
 * @param plugin NVIDIA's device plugin, where it cannot see any card. @default it can, or nobody knows
 */
export function judgeMembership(
  members: readonly Member[],
  subject: NodeSubject,
  switching: boolean,
  plugin?: DaemonSet,
): Finding[] {
  const { gpuNode: wanted } = subject.settings;
  const away = switching ? "fault" : "warning";
  const on = members.filter(({ gpuNode }) => gpuNode.ready);
  if (members.length === 0) {
    const labels = Object.entries(wanted.selector).map(([key, value]) => `${key}=${value}`);
    return [
      {
        item: "GPU node",
        state: away,
        found: `no node of the cluster carries the label ${labels.join(", ")}`,
        fix: `Let the node join, and run \`kubectl label node ${wanted.name} ${labels.join(" ")}\``,
      },
    ];
  }
  const names = members.map(({ gpuNode }) => gpuNode.name).join(", ");
  if (on.length === 0) {
    return [
      {
        item: "GPU node",
        state: away,
        found: `${names} is off, or its kubelet does not report`,
        fix: "Switch it on, and look at `sudo systemctl status k3s-agent` there",
      },
    ];
  }
  const cordoned = on.filter(({ gpuNode }) => gpuNode.cordoned);
  return [
    cordoned.length === on.length
      ? {
          item: "GPU node",
          state: away,
          found: `${names} is cordoned, so no pod may start on it`,
          fix: `Run \`kubectl uncordon ${cordoned[0]?.gpuNode.name}\``,
        }
      : { item: "GPU node", state: "ok", found: `${names} is on` },
    ...judgePressure(on),
    ...on.flatMap((member) => judgeTaints(member, wanted.taint)),
    judgeGpus(on, { subject, plugin }, away),
  ];
}

/** A fault, unless another node can take the pod. */
function judgePressure(on: readonly Member[]): Finding[] {
  const found = on.flatMap((member) => {
    const words = pressuresOn(member.node);
    return words.length === 0 ? [] : [{ member, words }];
  });
  const isFree = (member: Member): boolean =>
    !member.gpuNode.cordoned && !found.some((one) => one.member === member);
  const state = on.some(isFree) ? "warning" : "fault";
  return found.map(({ member: { gpuNode }, words }) => ({
    item: "node pressure",
    state,
    found: `${words.join(", ")} on ${gpuNode.name}, so no pod may start on it`,
    fix: `See what fills it (\`kubectl describe node ${gpuNode.name}\`) and make room there (\`sudo k3s crictl rmi --prune\` removes unused images): the kubelet takes the mark away by itself, some minutes later`,
  }));
}

function judgeTaints(
  { node, gpuNode }: Member,
  wanted: NodeSubject["settings"]["gpuNode"]["taint"],
): Finding[] {
  const item = "taint";
  const text = `${wanted.key}=${wanted.value}:${wanted.effect}`;
  // Those are the cluster's own, and say what the node's conditions say: pressure and cordon are items of their own.
  const taints = (node.spec?.taints ?? []).filter(({ key }) => !key.startsWith("node.kubernetes.io/"));
  const isWanted = ({ key, value = "", effect }: (typeof taints)[number]): boolean =>
    key === wanted.key && value === wanted.value && effect === wanted.effect;
  const others = taints.filter((taint) => !isWanted(taint) && taint.effect !== "PreferNoSchedule");
  if (others.length > 0) {
    const [first] = others;
    return [
      {
        item,
        state: "fault",
        found: `${gpuNode.name} has taint ${others.map(({ key, value = "", effect }) => `${key}=${value}:${effect}`).join(", ")}, which the server does not tolerate`,
        fix: `Run \`kubectl taint node ${gpuNode.name} ${first?.key}-\`, or name that taint in gpuNode.taint`,
      },
    ];
  }
  return taints.some(isWanted)
    ? [{ item, state: "ok", found: text }]
    : [
        {
          item,
          state: "warning",
          found: `${gpuNode.name} has no taint ${text}, so pods that need no GPU may fill it`,
          fix: `Run \`kubectl taint node ${gpuNode.name} ${text}\``,
        },
      ];
}

const lookAtPlugin =
  "Look at NVIDIA's device plugin (`kubectl get pods -A | grep nvidia-device-plugin`): it offers the card when the driver answers; delete its pod after the driver was fixed";

/** What a person does about pods that hold the GPU. */
function howToFree(nodes: readonly GpuNode[]): string {
  const holders = nodes.flatMap(({ heldBy }) => (heldBy === "unknown" ? [] : heldBy));
  return holders.every(({ endsBy }) => endsBy !== undefined)
    ? "Nothing but to wait for its end, and to run the same command again"
    : "End that pod, or wait for its end";
}

function judgeGpus(
  on: readonly Member[],
  { subject: { gpus, settings }, plugin }: { subject: NodeSubject; plugin: DaemonSet | undefined },
  away: Finding["state"],
): Finding {
  const item = "GPUs";
  const nodes = on.map(({ gpuNode }) => gpuNode);
  const wanted = Math.max(1, gpus);
  const offered = nodes.reduce((sum, { allocatable }) => sum + allocatable, 0);
  const why = whyNoGpu(nodes, wanted);
  if (why === undefined) {
    const found = `${offered} to give${sharedText(nodes)}`;
    return areHoldersUnknown(nodes)
      ? { item, state: "unknown", found: `${found}, but ${holdersUnknown.found}`, fix: holdersUnknown.fix }
      : { item, state: "ok", found };
  }
  if (offered > 0 && offered < wanted) {
    return { item, state: "fault", found: why, fix: `Lower \`replicas\` to ${offered}` };
  }
  return offered === 0
    ? {
        item,
        state: "fault",
        found: plugin === undefined ? why : `${why}: ${blindPluginText(plugin)}`,
        fix:
          plugin === undefined
            ? lookAtPlugin
            : `Run \`${withRuntimeClass(plugin, settings.gpuNode.runtimeClass)}\``,
      }
    : { item, state: away, found: why, fix: howToFree(nodes) };
}
