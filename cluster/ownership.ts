/**
 * Who manages a live object of a name that the platform wants: it itself, someone with kubectl, or another program. Pure.
 */
import { type Fault, RefusedError } from "../stacks/errors.ts";
import { fieldManager, names, ownerLabels } from "../stacks/names.ts";
import { objectTitle, type PlatformObject } from "../stacks/objects.ts";
import type { LiveObject } from "./api.ts";
import {
  difference,
  type FieldSet,
  fieldNames,
  leftovers,
  lostEntries,
  type ManagedFields,
  union,
  within,
} from "./managed-fields.ts";

export type Owner =
  | { owner: "ours" }
  /** Made with kubectl under a name that the seed gave it. */
  | { owner: "seed" }
  | { owner: "foreign"; manager: string };

/** Who owns a live object. */
export function ownerOf(object: PlatformObject, live: LiveObject): Owner {
  const entries = live.metadata.managedFields ?? [];
  const labelled = Object.entries(ownerLabels).every(
    ([label, value]) => live.metadata.labels?.[label] === value,
  );
  if (labelled || entries.some(isOurs)) {
    return { owner: "ours" };
  }
  const program = programOf(live);
  if (program !== undefined) {
    return { owner: "foreign", manager: program };
  }
  if (object.seed) {
    return { owner: "seed" };
  }
  const hand = entries.find((entry) => isHand(entry.manager))?.manager;
  return { owner: "foreign", manager: hand ?? "someone whom the cluster does not name" };
}

/**
 * Refuses to take over what others manage, unless `adopt` allows it. The namespace is never refused: others live there.
 * @param adopt objects allowed by the configuration, as `Kind/name`.
 * @throws RefusedError naming every such object and its manager.
 */
export function refuseForeign(
  wanted: readonly PlatformObject[],
  liveOf: (object: PlatformObject) => LiveObject | undefined,
  adopt: readonly string[],
): void {
  const faults = wanted.flatMap((object): Fault[] => {
    const live = liveOf(object);
    const title = objectTitle(object);
    if (live === undefined || object.kind === "Namespace" || adopt.includes(title)) {
      return [];
    }
    const found = ownerOf(object, live);
    return found.owner !== "foreign"
      ? []
      : [
          {
            where: `${title} in namespace ${names.namespace}`,
            problem: `it is not the platform's; its manager is ${found.manager}`,
            mend: `Remove or rename it, or let the platform take it over: vllm-platform:adopt: {value: [${title}]} in Pulumi.yaml`,
          },
        ];
  });
  if (faults.length > 0) {
    throw new RefusedError("Objects of others stand where the platform wants its own.", faults);
  }
}

/** What taking an object over means for it. */
export interface Takeover {
  /** Managers whose fields are taken over. */
  managers: string[];
  /** Fields that only they had set and that go. */
  leftovers: FieldSet;
  /** The same in words, and entries that go from lists of which others stay. */
  leaving: string[];
}

/** What a person is told of a takeover, in one line. */
export function takeoverText(object: PlatformObject, live: LiveObject, takeover: Takeover): string {
  const managers = takeover.managers.join(", ");
  const how =
    ownerOf(object, live).owner === "ours"
      ? `was changed by hand (${managers}) and is put right`
      : `is taken over from ${managers} where it stands, and not made anew`;
  const leaving =
    takeover.leaving.length === 0 ? "" : `; what only they had set goes: ${takeover.leaving.join(", ")}`;
  return `${objectTitle(object)} ${how}${leaving}`;
}

/** `kubectl rollout restart` says when, not how things should be; taking that away would restart the server once more. */
const restart: FieldSet = {
  "f:spec": {
    "f:template": {
      "f:metadata": { "f:annotations": { "f:kubectl.kubernetes.io/restartedAt": {} } },
    },
  },
};

/**
 * What is to be taken over from an object's other managers; undefined where there is nothing.
 * @param declared the object as it is declared; undefined where that is not known, and then nothing of it counts as left over.
 */
export function takeoverOf(live: LiveObject, declared: unknown): Takeover | undefined {
  const { taken, kept, managers } = divide(live);
  const ours = (live.metadata.managedFields ?? []).find(isOurs)?.fieldsV1;
  const foreignFields = difference(taken, ours);
  if (managers.length === 0 || Object.keys(foreignFields).length === 0) {
    return undefined;
  }
  if (declared === undefined) {
    return { managers, leftovers: {}, leaving: [] };
  }
  const undeclared = leftovers(foreignFields, kept, live, declared);
  // Who made an object with kubectl counts as owner of its defaults too, and those do not go.
  const written = ours === undefined ? lastApplied(live) : undefined;
  const going = written === undefined ? undeclared : within(undeclared, written);
  return {
    managers,
    leftovers: going,
    leaving: [...fieldNames(going), ...lostEntries(taken, live, declared)],
  };
}

/** What someone last applied with kubectl, by the annotation in which it keeps that. */
function lastApplied(live: LiveObject): unknown {
  const text = live.metadata.annotations?.["kubectl.kubernetes.io/last-applied-configuration"];
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * `metadata.managedFields` once the platform has taken over what others own; what is not declared then goes with its next
 * server-side apply.
 */
export function takenOver(live: LiveObject): ManagedFields[] {
  const { taken, rest } = divide(live);
  const entries = live.metadata.managedFields ?? [];
  const ours = entries.find(isOurs);
  const apiVersion = ours?.apiVersion ?? live.apiVersion;
  return [
    {
      manager: fieldManager,
      operation: "Apply",
      ...(apiVersion === undefined ? {} : { apiVersion }),
      time: ours?.time ?? new Date(0).toISOString(),
      fieldsType: "FieldsV1",
      fieldsV1: union(ours?.fieldsV1, taken),
    },
    ...rest,
  ];
}

/** Divides an object's fields into those to be taken over and those that their managers keep. */
function divide(live: LiveObject): {
  taken: FieldSet;
  kept: FieldSet;
  managers: string[];
  rest: ManagedFields[];
} {
  const entries = live.metadata.managedFields ?? [];
  const ourEntry = entries.find(isOurs);
  const isKept: FieldSet =
    live.kind === "PersistentVolumeClaim"
      ? // Its spec cannot change, so whoever asked for it may go on owning it.
        { "f:spec": {} }
      : // Of what is already ours the server runs; what is taken over for the first time starts anew anyway.
        ourEntry === undefined
        ? {}
        : restart;
  const takenSets: FieldSet[] = [];
  const managers: string[] = [];
  const rest: ManagedFields[] = [];
  for (const entry of entries) {
    if (entry === ourEntry) {
      continue;
    }
    const fields = entry.fieldsV1 ?? {};
    const taken = mayBeTaken(entry) ? withoutBranches(fields, isKept) : {};
    if (Object.keys(taken).length === 0) {
      rest.push(entry);
      continue;
    }
    takenSets.push(taken);
    managers.push(entry.manager);
    const left = difference(fields, taken);
    if (Object.keys(left).length > 0) {
      rest.push({ ...entry, fieldsV1: left });
    }
  }
  return {
    taken: union(...takenSets),
    kept: union(isKept, ...rest.map(({ fieldsV1 }) => fieldsV1)),
    managers: [...new Set(managers)],
    rest,
  };
}

/** A set without the branches that another set ends in. */
function withoutBranches(set: FieldSet, branches: FieldSet): FieldSet {
  const result: FieldSet = {};
  for (const [step, inner] of Object.entries(set)) {
    const branch = branches[step];
    if (branch === undefined) {
      result[step] = inner;
    } else if (Object.keys(branch).length > 0) {
      const rest = withoutBranches(inner, branch);
      if (Object.keys(rest).some((name) => name !== ".")) {
        result[step] = rest;
      }
    }
  }
  return result;
}

/** Whether an entry is what the platform applied. */
export function isOurs(entry: ManagedFields): boolean {
  return entry.manager === fieldManager && entry.operation === "Apply" && entry.subresource === undefined;
}

/** Someone at a keyboard: kubectl in all its commands, or an object older than server-side apply. */
function isHand(manager: string): boolean {
  return /^(kubectl|before-first-apply)/.test(manager);
}

/** Controllers of Kubernetes, k3s and the add-ons here, which write into objects of others as part of their work. */
function isController(manager: string): boolean {
  return /^(kube-|k3s|rke2|kubelet|cloud-controller|cert-manager|traefik)/.test(manager);
}

/** Whether an entry owns more than metadata and status. */
function holdsContent({ fieldsV1 }: ManagedFields): boolean {
  return Object.keys(fieldsV1 ?? {}).some((step) => step !== "f:metadata" && step !== "f:status");
}

function mayBeTaken(entry: ManagedFields): boolean {
  const writesObject = entry.subresource === undefined || entry.subresource === "scale";
  // Labels and annotations alone are how controllers mark objects.
  return (
    writesObject &&
    !isOurs(entry) &&
    !isController(entry.manager) &&
    (isHand(entry.manager) || holdsContent(entry))
  );
}

/** The program that manages an object, by the marks that such programs leave; undefined where there is none. */
function programOf({
  metadata: { labels = {}, annotations = {}, managedFields = [] },
}: LiveObject): string | undefined {
  const helm = annotations["meta.helm.sh/release-name"];
  if (helm !== undefined) {
    return `Helm (release ${helm})`;
  }
  const argo = annotations["argocd.argoproj.io/tracking-id"] ?? labels["argocd.argoproj.io/instance"];
  if (argo !== undefined) {
    return `Argo CD (${argo.split(":")[0]})`;
  }
  const flux = labels["kustomize.toolkit.fluxcd.io/name"] ?? labels["helm.toolkit.fluxcd.io/name"];
  if (flux !== undefined) {
    return `Flux (${flux})`;
  }
  const label = labels["app.kubernetes.io/managed-by"];
  if (label !== undefined && !/^(kubectl|manual(ly)?|hand)$/i.test(label)) {
    return label;
  }
  return managedFields.find(
    (entry) =>
      entry.subresource === undefined &&
      holdsContent(entry) &&
      !isHand(entry.manager) &&
      !isController(entry.manager),
  )?.manager;
}
