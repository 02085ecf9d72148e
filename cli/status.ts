/** The words of `gpu-mode status`. */
import type { CardUse } from "../cluster/gpu-node/card-use.ts";
import type { Known } from "../cluster/gpu-node/facts/facts.ts";
import { type GpuNode, holdersUnknown, holderText } from "../cluster/gpu-node/node.ts";
import type { Ollama } from "../cluster/server/ollama.ts";
import { anyPlan, openCluster, type Project } from "../operations/project.ts";
import { readNodeAccess } from "../operations/ssh-key.ts";
import { readStatus, type Status } from "../operations/status/index.ts";
import type { Plan } from "../stacks/plan/index.ts";
import { names } from "../stacks/vocabulary/names.ts";
import { aborted } from "../system/aborted.ts";
import { inOneLine } from "../system/terminal/foreign-text.ts";
import { jsonText } from "../system/terminal/json-text.ts";
import { wrapFor } from "../system/terminal/wrap.ts";

export async function status(
  project: Project,
  { json = false, signal }: { json?: boolean; signal: AbortSignal },
): Promise<void> {
  const fallback = anyPlan(project);
  const { api } = await openCluster(fallback);
  const reading = async (): Promise<Found> => {
    const cluster = await readStatus(api, { planOf: project.planOf, fallback });
    return {
      ...cluster,
      cardUse: await readCardUse(project.folder, planOr(fallback, project, cluster.mode)),
    };
  };
  const found = await Promise.race([reading(), aborted(signal)]);
  console.log(json ? jsonText(found) : wrapFor(process.stdout, statusText(found).join("\n")));
}

/** The active mode's plan; the fallback where there is none, or its files have faults, which the status tells. */
function planOr(fallback: Plan, { planOf }: Project, mode: string | null): Plan {
  try {
    return mode === null ? fallback : planOf(mode);
  } catch {
    return fallback;
  }
}

/** What the node itself says of its card; null where it cannot be asked, as no SSH is set. */
async function readCardUse(folder: string, plan: Plan): Promise<Known<CardUse> | null> {
  const access = await readNodeAccess(folder, plan);
  if (access?.value === undefined) {
    return access ?? null;
  }
  const { askCardUse } = await import("../cluster/gpu-node/card-use.ts");
  return askCardUse(access.value);
}

const ollamaWords: Readonly<Record<Ollama, string>> = {
  ready: "ready, answers on the CPU",
  "not ready": "there, but not ready",
  "not found": `not found in namespace ${names.namespace}`,
};

/** What is read of the cluster, and of the node's card. */
export interface Found extends Status {
  cardUse: Known<CardUse> | null;
}

const noMode = "none: no mode has the GPU";

/** What a person reads. */
export function statusText(found: Found, now: Date = new Date()): string[] {
  const rows: [string, string][] = [
    ["mode", found.mode ?? noMode],
    ...(found.since === null
      ? []
      : ([["since", `${found.since} (${ago(found.since, now)})`]] as [string, string][])),
    ...(found.source === null
      ? []
      : ([["source", `commit ${found.source.commit.replace(/^(\w{12})\w+/, "$1")}`]] as [string, string][])),
    ["model", modelText(found)],
    ["pod", found.pod],
    ...found.gpuNodes.map((node): [string, string] => ["GPU node", nodeText(node)]),
    ...(found.gpuNodes.length === 0
      ? ([["GPU node", "none with the GPU's label"]] as [string, string][])
      : []),
    ...(found.cardUse === null
      ? []
      : ([["GPU memory", cardUseText(found.cardUse)]] satisfies [string, string][])),
    ["endpoint", endpointText(found)],
    ["Ollama", ollamaWords[found.ollama]],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    ...rows.map(([name, text]) => `${name.padEnd(width)}  ${inOneLine(text)}`),
    ...found.leftovers.removed.map(
      (title) => `Left over from a previous mode: ${title}. gpu-mode ${found.mode} removes it.`,
    ),
    ...found.leftovers.kept.map((title) => `Declared by no file of this mode, and kept: ${title}.`),
    ...found.warnings.map((warning) => `Warning: ${warning}`),
    ...found.notes,
    ...found.disagreements.map(inOneLine),
  ];
}

function modelText({ mode, model }: Found): string {
  return model === "" || mode === null ? "none" : (model ?? "unknown");
}

function nodeText({ name, ready, cordoned, allocatable, heldBy, card }: GpuNode): string {
  const state = !ready
    ? "off"
    : cordoned
      ? "on, cordoned: no new pod may start there"
      : `on, ${allocatable} GPU to give`;
  return `${name}: ${state}${card === undefined ? "" : ` (${card.name}, ${card.memoryMiB} MiB)`}${holders(heldBy)}`;
}

function holders(heldBy: GpuNode["heldBy"]): string {
  return heldBy === "unknown"
    ? `; ${holdersUnknown.found}`
    : heldBy.map((holder) => `, held by pod ${holderText(holder)}`).join("");
}

/** A route that lets nobody in is no endpoint: users have the server inside the cluster alone. */
function endpointText({ endpoint, inClusterUrl, route }: Found): string {
  return route?.ready === false
    ? `${inClusterUrl}; ${route.url} not yet: ${route.detail}`
    : (endpoint ?? noMode);
}

function cardUseText({ value, why }: Known<CardUse>): string {
  if (value === undefined) {
    return `unknown: ${why}`;
  }
  const programs = value.processes.map(
    ({ name, pid, usedMiB }) => `${name}, process ${pid}${usedMiB === undefined ? "" : `, ${usedMiB} MiB`}`,
  );
  return [`${value.usedMiB} of ${value.totalMiB} MiB in use`, ...programs].join("; ");
}

function ago(since: string, now: Date): string {
  const minutes = Math.floor((now.getTime() - Date.parse(since)) / 60_000);
  if (minutes < 1) {
    return "just now";
  }
  if (minutes < 120) {
    return `${minutes} min ago`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}
