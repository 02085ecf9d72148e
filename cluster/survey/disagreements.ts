/** Where claim, Deployment and pods do not say the same, and the command that puts it right. Pure. */

import { modeLabel, names } from "../../stacks/vocabulary/names.ts";
import { objectTitle, type PlatformObject } from "../../stacks/vocabulary/objects.ts";
import type { LiveObject } from "../api/index.ts";
import { type Holder, readDeployment } from "../claim/index.ts";
import type { Pending } from "./index.ts";

/** As much of a pod as says which mode made it, and whether it is ending. */
interface Pod {
  metadata?: {
    name?: string | undefined;
    labels?: Record<string, string> | undefined;
    deletionTimestamp?: unknown;
  };
}

export interface Seen {
  holder: Holder;
  deployment: LiveObject | undefined;
  pods: readonly Pod[];
  /** The active mode's objects that are not as they are declared, for another reason than an edited file. */
  pending: readonly Pending[];
  /** Objects that the active mode declares and that are not there. */
  missing: readonly PlatformObject[];
  /** Why the live Secret holds no usable API key; undefined where it does, or the active mode asks for none. */
  keyFault: string | undefined;
  /** Replicas that the active mode declares; undefined where its files cannot be read. */
  replicas: number | undefined;
}

/** What does not fit together, as sentences. */
export function disagreementsOf(found: Seen): string[] {
  const { holder, deployment } = found;
  const { mode, claim } = holder;
  if (mode === undefined) {
    return holder.warnings;
  }
  const fix = `run gpu-mode ${mode}`;
  const declared = readDeployment(deployment);
  if (claim !== undefined && (declared === undefined || declared.switchNumber < claim.switchNumber)) {
    return [...holder.warnings, `A switch to ${mode} was cut short: ${fix}.`];
  }
  return [
    ...holder.warnings,
    ...(claim === undefined ? [`There is no claim that can be believed: ${fix}.`] : []),
    ...wrongReplicas(found, mode, fix),
    ...missingObjects(found, fix),
    ...found.pending.map(({ object, takeover: { managers, leaving } }) =>
      managers.length === 0
        ? `${objectTitle(object)} holds what is not declared (${leaving.join(", ")}): ${fix}.`
        : `${objectTitle(object)} was changed by hand (${managers.join(", ")}): ${fix}.`,
    ),
    ...(found.keyFault === undefined
      ? []
      : [
          `Secret ${names.apiKeySecret} holds no usable key (${found.keyFault}), so the key guards nothing or lets nobody in: ${fix}.`,
        ]),
    ...strangePods(found, fix),
  ];
}

function missingObjects({ missing }: Seen, fix: string): string[] {
  const titles = missing.filter(({ kind }) => kind !== "Namespace").map(objectTitle);
  return titles.length === 0
    ? []
    : [`${titles.join(", ")} ${titles.length === 1 ? "is" : "are"} missing: ${fix}.`];
}

function wrongReplicas({ deployment, replicas }: Seen, mode: string, fix: string): string[] {
  const live = (deployment?.spec as { replicas?: number } | undefined)?.replicas ?? 1;
  return deployment === undefined || replicas === undefined || live === replicas
    ? []
    : [`Deployment vllm-server has ${live} replicas, and mode ${mode} has ${replicas}: ${fix}.`];
}

/** Pods that another mode made; they end by themselves while a switch is under way. */
function strangePods({ deployment, pods }: Seen, fix: string): string[] {
  const template = (deployment?.spec as { template?: Pod } | undefined)?.template;
  const wanted = template?.metadata?.labels?.[modeLabel];
  return pods
    .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
    .filter(({ metadata }) => metadata?.labels?.[modeLabel] !== wanted)
    .map(
      ({ metadata }) =>
        `Pod ${metadata?.name} is of mode ${metadata?.labels?.[modeLabel] ?? "unknown"}, and the Deployment's pods are of mode ${wanted ?? "unknown"}: ${fix}.`,
    );
}
