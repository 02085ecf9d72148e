/** What the server answers, and why a pod failed, each in one sentence. */
import { setTimeout as sleep } from "node:timers/promises";
import type { V1Pod } from "@kubernetes/client-node";
import type { ClusterApi } from "../api/index.ts";
import { podPath } from "../gpu-node/snapshot.ts";
import { MissingRight } from "../server/rights.ts";
import type { Failed, Log } from "./diagnosis.ts";
import { recognisePrinted, recogniseTold } from "./known-failures/index.ts";
import { type Models, readLog, readModels } from "./server-api.ts";

/** The names that a server answers to, or why it does not answer, and whether asking again cannot change that. */
export type Answer = Models | { why: string; isFinal: boolean };

/** Asks the server in a pod. */
export async function askServer(api: ClusterApi, pod: string): Promise<Answer> {
  try {
    return await readModels(api, pod);
  } catch (error) {
    if (error instanceof MissingRight) {
      return { why: error.message, isFinal: true };
    }
    const reason = error instanceof Error ? error.message : String(error);
    return { why: `the server does not answer: ${reason}`, isFinal: false };
  }
}

/** One sentence for a failed diagnosis: what upstream's text is known to mean, else the raw telling line, never a guess. */
export async function explain(api: ClusterApi, diagnosis: Failed): Promise<string> {
  const { log, hidden } = await logOf(api, diagnosis);
  const container = diagnosis.log?.container;
  const known = (container && recognisePrinted(log, container)) ?? recogniseTold(diagnosis.detail, container);
  const lines = log.split("\n").flatMap((line) => line.trim() || []);
  const printed =
    known !== undefined && lines.includes(known.line) && !diagnosis.detail.endsWith(known.line)
      ? `; it printed: ${known.line}`
      : diagnosis.detail.includes("; it printed: ")
        ? ""
        : lines.length > 0
          ? tellingOf(lines)
          : hidden === undefined
            ? ""
            : `; what it printed is not known, as ${hidden}`;
  const raw = `${diagnosis.detail}${printed}`;
  return known === undefined ? raw : `${known.meaning} (${raw}). ${known.fix}`;
}

/** The last line that names an error; vLLM's own that only points at one further up says nothing. Else the last line. */
function tellingOf(lines: readonly string[]): string {
  const error = lines.findLast(
    (line) => /\b\w*(Error|Exception|error): \S/.test(line) && !/See root cause above/.test(line),
  );
  return error === undefined ? `; its last line: ${lines.at(-1)}` : `; it printed: ${error}`;
}

/** How long the cluster may take to tell that a container was started again, in milliseconds: the first time that is done at once. */
const toldWithinMs = 3000;

/**
 * What a failed container printed; `hidden`: why that may not be read. There may be none, and none any more. Where it was started
 * again, what was read is of the next run: one that loads, or of which there is nothing yet.
 */
async function logOf(api: ClusterApi, { log }: Failed): Promise<{ log: string; hidden?: string }> {
  if (log === undefined) {
    return { log: "" };
  }
  const until = Date.now() + toldWithinMs;
  for (;;) {
    const found = await readable(api, log);
    if (log.previous || found.hidden !== undefined) {
      return found;
    }
    if (await isStartedAgain(api, log)) {
      return readable(api, { ...log, previous: true });
    }
    // The kubelet, which gives the logs, knows of a new start a moment before the cluster; a first run has none before it.
    const before = log.restarts === 0 ? await readable(api, { ...log, previous: true }) : { log: "" };
    if (before.log !== "") {
      return before;
    }
    if (found.log !== "" || Date.now() > until) {
      return found;
    }
    await sleep(200);
  }
}

async function readable(api: ClusterApi, log: Log): Promise<{ log: string; hidden?: string }> {
  try {
    return { log: await readLog(api, log) };
  } catch (error) {
    return { log: "", ...(error instanceof MissingRight ? { hidden: error.message } : {}) };
  }
}

async function isStartedAgain(api: ClusterApi, { pod, container, restarts = 0 }: Log): Promise<boolean> {
  const { status } = (await api.get<V1Pod>(podPath(pod)).catch(() => undefined)) ?? {};
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].some(
    ({ name, restartCount }) => name === container && restartCount > restarts,
  );
}
