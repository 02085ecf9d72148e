/** One thing that is otherwise than it is declared, and what all of them together are known by. Pure. */
import { createHash } from "node:crypto";

/**
 * What was compared: the cluster with what the stack last applied, what the stack last applied with its files, or what no
 * declaration tells: who else is at the same GPU, node and objects.
 */
export type Part = "cluster" | "files" | "around";

export type Kind =
  /** A declared object that is not there. */
  | "missing"
  /** A declared field with another value. */
  | "changed"
  /** A field, or an entry of a list, that nobody declares. */
  | "added"
  /** A declared field that another field manager owns, so that the next update would have to take it back. */
  | "taken"
  /** An object with the platform's labels that no stack declares. */
  | "undeclared"
  /** A HorizontalPodAutoscaler or ScaledObject that sets a declared Deployment's replicas. */
  | "scaler"
  /** Another pod that holds the GPU. */
  | "gpu"
  /** The GPU node's label or taint. */
  | "node"
  | "certificate"
  /** The claim contradicts the Deployment. */
  | "claim"
  /** The cluster is not the one in which the state's objects are. */
  | "other-cluster"
  /** Files of a mode that are refused. */
  | "refused";

export interface Drift {
  part: Part;
  kind: Kind;
  /** `Deployment/vllm-server`, `Node/gpu`, `Mode/r1`. */
  object: string;
  /** In words, as `spec.template.spec.containers[vllm].image`. */
  field?: string;
  /** Values of the fields that may be shown; absent for all others, and where there is none. */
  declared?: string;
  found?: string;
  /** What there is to say besides, as half a sentence. */
  detail?: string;
  /** The field manager that set it, where the API server knows. */
  by?: string;
  /** When, as ISO 8601. */
  at?: string;
  /** `update`: an update of the active stack. `prune`: its removal. `hand`: a person, by what `how` says. */
  fix: "update" | "prune" | "hand";
  how?: string;
}

/** Equal for equal drift, whenever it is looked at: by what is otherwise, not by values, authors and times. */
export function fingerprintOf(drifts: readonly Drift[]): string {
  const lines = drifts.map(({ part, kind, object, field = "" }) =>
    JSON.stringify([part, kind, object, field]),
  );
  return createHash("sha256")
    .update([...new Set(lines)].sort().join("\n"))
    .digest("hex")
    .slice(0, 16);
}
