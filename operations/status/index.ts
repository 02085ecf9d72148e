/** Everything that `gpu-mode status` tells, read from the cluster; nothing is changed, and nothing is guessed. */

import { askingOnce } from "../../cluster/api/ask-once.ts";
import type { ClusterApi } from "../../cluster/api/index.ts";
import { type Holder, holderOf, type Source } from "../../cluster/claim/index.ts";
import { readLive } from "../../cluster/claim/read.ts";
import { ownerOf } from "../../cluster/fields/owner.ts";
import type { Finding } from "../../cluster/findings/finding.ts";
import { findingLine } from "../../cluster/findings/verdict.ts";
import { readBlindPlugin } from "../../cluster/gpu-node/device-plugin.ts";
import { nodeSubject } from "../../cluster/gpu-node/judge/subject.ts";
import { judgeMembership } from "../../cluster/gpu-node/membership.ts";
import { type GpuNode, readGpuNodeObjects } from "../../cluster/gpu-node/node.ts";
import { readSnapshot, type Snapshot } from "../../cluster/gpu-node/snapshot.ts";
import { type Answer, askServer, explain } from "../../cluster/readiness/answer.ts";
import { type Diagnosis, diagnose } from "../../cluster/readiness/diagnosis.ts";
import { refineByEvents } from "../../cluster/readiness/pod-events.ts";
import { checkState } from "../../cluster/requirements/index.ts";
import { type Route, readRoute } from "../../cluster/requirements/route.ts";
import { type Ollama, readOllama } from "../../cluster/server/ollama.ts";
import { disagreementsOf } from "../../cluster/survey/disagreements.ts";
import { pendingOf } from "../../cluster/survey/index.ts";
import { leftoversOf } from "../../cluster/survey/leftovers.ts";
import { declaredObjects } from "../../stacks/manifests/index.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import { usualLoadSeconds } from "../../stacks/plan/probes.ts";
import { inClusterUrl } from "../../stacks/vocabulary/names.ts";
import { deploymentObject, objectTitle, possibleObjects } from "../../stacks/vocabulary/objects.ts";

export interface Status {
  /** The active mode; null where no mode has the GPU. */
  mode: string | null;
  stack: string | null;
  /** When the mode was switched to, as ISO 8601; null where no claim says it. */
  since: string | null;
  switchNumber: number;
  source: Source | null;
  /** Hugging Face id; empty in a mode that does not serve, null where no claim says it. */
  model: string | null;
  /** Whether users have what the mode promises; null where nobody knows what that is, as the mode's files cannot be read. */
  reached: boolean | null;
  /** The pod in words. */
  pod: string;
  /** Names under which the server answers now. */
  servedNames: string[];
  gpuNodes: GpuNode[];
  /** URL for clients; the one inside the cluster where there is no public route, null where no mode has the GPU. */
  endpoint: string | null;
  inClusterUrl: string;
  /** Whether clients outside the cluster are let in; null where the mode has no public route. */
  route: Route | null;
  ollama: Ollama;
  /** Objects that no file of the active mode declares: `removed` by the next switch, `kept` for a person to decide. */
  leftovers: { removed: string[]; kept: string[] };
  disagreements: string[];
  /** What the active mode lacks in cluster and GPU node, with its fix, as `gpu-mode doctor` and an update tell it. */
  warnings: string[];
  /** What is worth knowing and no fault. */
  notes: string[];
}

/**
 * @param planOf reads a mode's files; it may reject.
 * @param fallback a plan by which the GPU node is found where the active mode's cannot be read.
 * @throws UnreachableError where the cluster does not answer.
 */
export async function readStatus(
  cluster: ClusterApi,
  { planOf, fallback }: { planOf: (mode: string) => Plan; fallback: Plan },
): Promise<Status> {
  const api = askingOnce(cluster);
  const live = await readLive(api, possibleObjects);
  const holder = holderOf(live.claim, live.deployment);
  const { plan, unreadable } = planFor(holder, planOf);
  const [snapshot, members, ollama, route, state] = await Promise.all([
    readSnapshot(api),
    readGpuNodeObjects(api, plan ?? fallback),
    readOllama(api),
    plan === undefined ? null : readRoute(plan, api),
    plan === undefined ? [] : checkState(plan, api),
  ]);
  const gpuNodes = members.map(({ gpuNode }) => gpuNode);
  const ofNode = plan?.serves
    ? judgeMembership(members, nodeSubject(plan), false, await readBlindPlugin(api, gpuNodes))
    : [];
  // Somebody else's Deployment does not say which nodes are meant.
  const isOurs = live.deployment !== undefined && ownerOf(deploymentObject, live.deployment).owner === "ours";
  const nodes = isOurs ? snapshot.nodes : (members.map(({ node }) => node) as typeof snapshot.nodes);
  const diagnosis = await refineByEvents(api)(diagnose({ ...snapshot, nodes }));
  const answer: Answer =
    diagnosis.state === "settled" && diagnosis.pod !== undefined
      ? await askServer(api, diagnosis.pod)
      : { names: [], isOpen: false };
  const servedNames = "names" in answer ? answer.names : [];
  const declared = plan === undefined ? [] : declaredObjects(plan);
  const left = plan === undefined ? { removable: [], kept: [] } : leftoversOf(plan, live.of);
  const { claim } = holder;
  return {
    mode: holder.mode ?? null,
    stack: holder.stack ?? null,
    since: claim?.since ?? null,
    switchNumber: holder.switchNumber,
    source: claim?.source ?? null,
    model: claim?.model ?? null,
    reached: unreadable === undefined ? isReached(diagnosis, plan, servedNames) : null,
    pod:
      snapshot.deployment === undefined
        ? "none: there is no Deployment vllm-server"
        : diagnosis.state === "failed"
          ? // It may have to look until the cluster tells that the container was started again.
            `failed: ${await explain(cluster, diagnosis)}`
          : podInWords(diagnosis, snapshot, { plan, answer, gpuNodes, now: new Date() }),
    servedNames,
    gpuNodes,
    endpoint:
      holder.mode === undefined
        ? null
        : plan?.route === undefined
          ? inClusterUrl
          : `https://${plan.route.host}`,
    inClusterUrl,
    route,
    ollama,
    warnings: [...ofNode, ...state].filter(isAmiss).map(findingLine),
    leftovers: { removed: left.removable.map(objectTitle), kept: left.kept.map(objectTitle) },
    disagreements: disagreementsOf({
      holder,
      deployment: live.deployment,
      pods: snapshot.pods,
      pending: plan === undefined || claim === undefined ? [] : pendingOf(plan, claim, live),
      keyFault: plan?.apiKey ? live.apiKey.fault : undefined,
      missing: declared.filter((object) => live.of(object) === undefined),
      replicas: plan?.replicas,
    }),
    notes: [
      ...(unreadable === undefined ? [] : [unreadable]),
      ...(plan !== undefined && claim !== undefined && claim.planHash !== plan.hash
        ? [
            `The files of mode ${claim.mode} say something else than what is declared: gpu-mode ${claim.mode} applies them.`,
          ]
        : []),
    ],
  };
}

/** Whether users have what a plan promises; without a plan, no mode has the GPU and nothing runs on it. Pure. */
export function isReached(
  diagnosis: Diagnosis,
  plan: { serves: boolean; server: Pick<Plan["server"], "servedNames"> } | undefined,
  servedNames: readonly string[],
): boolean {
  return (
    diagnosis.state === "settled" &&
    (plan?.serves
      ? plan.server.servedNames.every((name) => servedNames.includes(name))
      : diagnosis.pod === undefined)
  );
}

function isAmiss({ state }: Finding): boolean {
  return state === "warning" || state === "fault";
}

function planFor({ mode }: Holder, planOf: (mode: string) => Plan): { plan?: Plan; unreadable?: string } {
  if (mode === undefined) {
    return {};
  }
  try {
    return { plan: planOf(mode) };
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : String(error) };
  }
}

/** Where the pod stands: `loading, 40 s of about 90`. */
export function podInWords(
  diagnosis: Exclude<Diagnosis, { state: "failed" }>,
  { pods }: Pick<Snapshot, "pods">,
  {
    plan,
    answer,
    gpuNodes,
    now,
  }: { plan: Plan | undefined; answer: Answer; gpuNodes: readonly GpuNode[]; now: Date },
): string {
  switch (diagnosis.state) {
    case "settled":
      if (diagnosis.pod === undefined) {
        return gpuNodes.some(({ heldBy }) => heldBy.length > 0 && heldBy !== "unknown")
          ? "none: others hold the GPU"
          : "none: the GPU is free";
      }
      return "why" in answer ? `ready, but ${answer.why}` : `serving ${answer.names.join(", ")}`;
    case "node-away":
      return `waiting: ${diagnosis.detail}`;
    case "waiting": {
      const started = pods
        .map(({ status }) => status?.containerStatuses?.[0]?.state?.running?.startedAt)
        .find((time) => time !== undefined);
      if (diagnosis.phase !== "load" || started === undefined) {
        return diagnosis.detail;
      }
      const seconds = Math.max(0, Math.round((now.getTime() - new Date(started).getTime()) / 1000));
      const usual =
        plan === undefined ? "" : ` of about ${usualLoadSeconds(plan.server.numbers.weightBytes)}`;
      return `loading, ${seconds} s${usual}`;
    }
  }
}
