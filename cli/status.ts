/** The words of `gpu-mode status`. */
import type { Ollama } from "../cluster/ollama.ts";
import { readStatus, type Status } from "../cluster/status.ts";
import { names } from "../stacks/names.ts";
import { aborted } from "./failures.ts";
import { anyPlan, openCluster, type Project } from "./project.ts";

export async function status(
  project: Project,
  { json = false, signal }: { json?: boolean; signal: AbortSignal },
): Promise<void> {
  const fallback = anyPlan(project);
  const { api, connection } = await openCluster(fallback);
  const reading = readStatus(api, connection, { planOf: project.planOf, fallback });
  const found = await Promise.race([reading, aborted(signal)]);
  console.log(json ? JSON.stringify(found, null, 2) : statusText(found).join("\n"));
}

const ollamaWords: Readonly<Record<Ollama, string>> = {
  ready: "ready, answers on the CPU",
  "not ready": "there, but not ready",
  "not found": `not found in namespace ${names.namespace}`,
};

/** What a person reads. */
export function statusText(found: Status, now: Date = new Date()): string[] {
  const rows: [string, string][] = [
    ["mode", found.mode ?? "none: no mode has the GPU"],
    ...(found.since === null
      ? []
      : ([["since", `${found.since} (${ago(found.since, now)})`]] as [string, string][])),
    ...(found.source === null
      ? []
      : ([["source", `commit ${found.source.commit.replace(/^(\w{12})\w+/, "$1")}`]] as [string, string][])),
    ["model", found.model === null ? "unknown" : found.model === "" ? "none" : found.model],
    ["pod", found.pod],
    ...found.gpuNodes.map(({ name, ready, allocatable, heldBy }): [string, string] => [
      "GPU node",
      `${name}: ${ready ? "on" : "off"}, ${allocatable} GPU to give${heldBy.map(({ pod }) => `, held by pod ${pod}`).join("")}`,
    ]),
    ...(found.gpuNodes.length === 0
      ? ([["GPU node", "none with the GPU's label"]] as [string, string][])
      : []),
    ["endpoint", found.endpoint],
    ["Ollama", ollamaWords[found.ollama]],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    ...rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`),
    ...found.leftovers.removed.map(
      (title) => `Left over from a previous mode: ${title}. gpu-mode ${found.mode} removes it.`,
    ),
    ...found.leftovers.kept.map((title) => `Declared by no file of this mode, and kept: ${title}.`),
    ...found.notes,
    ...found.disagreements,
  ];
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
