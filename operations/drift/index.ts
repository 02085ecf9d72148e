/** Where cluster, state and files of the active stack differ. Nothing is changed, and what cannot be told is said. */
import { allAnswers, refusalsIn } from "../../cluster/api/all-answers.ts";
import { askingOnce } from "../../cluster/api/ask-once.ts";
import type { Connection } from "../../cluster/api/connection.ts";
import { ApiError, type ClusterApi, UnreachableError } from "../../cluster/api/index.ts";
import { readClusterIdentity } from "../../cluster/claim/identity.ts";
import { type Holder, holderOf } from "../../cluster/claim/index.ts";
import { readLive } from "../../cluster/claim/read.ts";
import { type Ignored, type Ignoring, sortIgnored } from "../../cluster/drift/ignore.ts";
import { type Drift, fingerprintOf } from "../../cluster/drift/item.ts";
import { whoIsAtWork } from "../../cluster/lease/index.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import { possibleObjects } from "../../stacks/vocabulary/objects.ts";
import { hasEnded } from "../../system/own-process.ts";
import { anyPlan, openCluster, type Project } from "../project.ts";
import { lookAround } from "./around.ts";
import { compareObjects, declaredBy, identityOf } from "./compare.ts";
import { readState, type StateFound } from "./state.ts";
import { lookAtStates } from "./unclaimed.ts";

export interface DriftReport {
  /** The active stack by the claim; null where no mode has the GPU. */
  stack: string | null;
  mode: string | null;
  server: string;
  /** What the cluster was compared with: what the stack last applied, or where there is no state its files; null where nothing was. */
  against: "state" | "files" | null;
  drifts: Drift[];
  ignored: Ignored[];
  /** What could not be told, as sentences: while there is one, nobody may say that there is no drift. */
  unknown: string[];
  notes: string[];
  fingerprint: string;
}

/**
 * @throws RefusedError where no file names the cluster. A cluster that does not answer, does not allow the reading, or is being
 * updated is a report with what could not be told.
 */
export async function readDrift(project: Project): Promise<DriftReport> {
  const { api, connection } = await openCluster(anyPlan(project));
  try {
    // Of the Lease it is watched whether it is renewed, so it is asked for anew.
    const atWork = lookAtLease(api);
    return await compareAll(project, askingOnce(api), { connection, atWork });
  } catch (error) {
    const why = whyUnknown(error);
    if (why === undefined) {
      throw error;
    }
    return report({ server: api.server, unknown: why });
  }
}

function whyUnknown(error: unknown): string[] | undefined {
  if (error instanceof UnreachableError) {
    return [`The cluster cannot be reached: ${error.message}.`];
  }
  return error instanceof ApiError ? refusalsIn(error).map(notAllowed) : undefined;
}

function notAllowed({ message }: ApiError): string {
  return `The cluster does not allow it: ${message}.`;
}

async function compareAll(
  project: Project,
  api: ClusterApi,
  { connection, atWork: lease }: { connection: Connection; atWork: Promise<string | undefined> },
): Promise<DriftReport> {
  const [live, atWork] = await allAnswers([readLive(api, [], possibleObjects), lease]);
  const holder = holderOf(live.claim, live.deployment);
  if (atWork !== undefined) {
    return report({ holder, server: api.server, unknown: [atWork] });
  }
  const active = activePlan(project, holder);
  const ignore = (active.plan ?? anyPlan(project)).settings.drift.ignore;
  if (holder.stack === undefined) {
    const notes = ["No mode has the GPU, so nothing is declared."];
    const states = await lookAtStates(project, (state, stack) => otherCluster(api, state, stack, connection));
    return report({ server: api.server, notes, ...states, ignore });
  }
  const state = await readState(project.folder, holder.stack);
  if (state.atWork !== undefined) {
    return report({ holder, server: api.server, unknown: [state.atWork] });
  }
  const other = await otherCluster(api, state, holder.stack, connection);
  if (other !== undefined) {
    return report({ holder, server: api.server, drifts: [other], ignore });
  }
  const declared = declaredBy(holder, state, active.plan, live);
  // A state of another version may hold objects that this one does not know. One that may not be looked at is not missing.
  const identities = declared.objects.map(identityOf);
  const looked = await readLive(api, [], [...identities, ...possibleObjects]);
  const refusals = identities.flatMap((object) => looked.refusal(object) ?? []);
  const isDeclared = declared.against !== null;
  const around = await lookAround(api, active.plan ?? anyPlan(project), {
    live,
    mode: active.plan !== undefined,
  });
  return report({
    holder,
    server: api.server,
    against: declared.against,
    drifts: [
      ...compareObjects(declared, holder, looked, active.plan),
      ...active.refused,
      ...around.drifts,
      ...standbyDrift(project, holder.mode),
    ],
    unknown: [
      ...state.unknown,
      ...refusals.map(notAllowed),
      ...(isDeclared ? [] : ["Neither state nor files say what is declared."]),
      ...around.unknown,
    ],
    notes: declared.notes,
    ignore,
  });
}

interface Found {
  server: string;
  holder?: Holder;
  against?: DriftReport["against"];
  drifts?: Drift[];
  unknown?: string[];
  notes?: string[];
  ignore?: readonly Ignoring[];
}

function report({
  server,
  holder,
  against,
  drifts = [],
  unknown = [],
  notes = [],
  ignore = [],
}: Found): DriftReport {
  const sorted = sortIgnored(drifts, ignore);
  return {
    stack: holder?.stack ?? null,
    mode: holder?.mode ?? null,
    server,
    against: against ?? null,
    ...sorted,
    unknown,
    notes,
    fingerprint: fingerprintOf(sorted.drifts),
  };
}

/** Who is changing the platform right now, as a sentence. */
async function lookAtLease(api: ClusterApi): Promise<string | undefined> {
  const clocks = {
    now: () => new Date(),
    monotonic: () => performance.now(),
    sleep: (milliseconds: number) => new Promise<void>((wake) => setTimeout(wake, milliseconds)),
  };
  const holder = await whoIsAtWork(api, { clocks, hasEnded });
  return holder === undefined
    ? undefined
    : `An update is under way: ${holder}. Look again when it has ended.`;
}

function activePlan(project: Project, { mode }: Holder): { plan?: Plan; refused: Drift[] } {
  if (mode === undefined) {
    return { refused: [] };
  }
  try {
    return { plan: project.planOf(mode), refused: [] };
  } catch (error) {
    return { refused: [refusedMode(mode, error)] };
  }
}

/** The other modes: whether their files are read, and pass the gates. */
function standbyDrift({ modes, planOf }: Project, active: string | undefined): Drift[] {
  return modes
    .filter((mode) => mode !== active)
    .flatMap((mode) => {
      try {
        planOf(mode);
        return [];
      } catch (error) {
        return [refusedMode(mode, error)];
      }
    });
}

function refusedMode(mode: string, error: unknown): Drift {
  const detail = error instanceof Error ? error.message : String(error);
  return {
    part: "files",
    kind: "refused",
    object: `Mode/${mode}`,
    detail,
    fix: "hand",
    how: "Correct the files",
  };
}

async function otherCluster(
  api: ClusterApi,
  { applied }: StateFound,
  stack: string,
  { context }: Connection,
): Promise<Drift | undefined> {
  const [remembered, found] = [applied?.identity?.cluster, await readClusterIdentity(api)];
  return remembered === undefined || found === undefined || remembered === found
    ? undefined
    : {
        part: "around",
        kind: "other-cluster",
        object: `Stack/${stack}`,
        detail: `context ${context} leads to the cluster with the identity ${found} (uid of its namespace kube-system), and the stack's state is of ${remembered}`,
        fix: "hand",
        how: `Name the former cluster's context in cluster.context (or VLLM_PLATFORM_CONTEXT), or begin anew on this one: gpu-mode forget ${stack}, then gpu-mode ${stack}`,
      };
}
