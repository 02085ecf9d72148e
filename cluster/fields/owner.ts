/**
 * Who manages a live object of a name that the platform wants: it itself, someone with kubectl, or another program. Pure.
 */

import { names, ownerLabels } from "../../stacks/vocabulary/names.ts";
import { adoptable, objectTitle, type PlatformObject } from "../../stacks/vocabulary/objects.ts";
import type { Fault } from "../../system/errors.ts";
import type { LiveObject } from "../api/index.ts";
import { holdsContent, isController, isHand, isOurs } from "./managers.ts";

export type Owner =
  | { owner: "ours" }
  /** Made with kubectl under a name that the reference setup gave it. */
  | { owner: "madeByHand" }
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
  if (object.madeByHand) {
    return { owner: "madeByHand" };
  }
  const hand = entries.find((entry) => isHand(entry.manager))?.manager;
  return { owner: "foreign", manager: hand ?? "someone whom the cluster does not name" };
}

/**
 * Objects that others manage and that `adopt` does not allow to take over. The namespace is never one: others live there.
 * @param adopt objects allowed by the configuration, as `Kind/name`.
 */
export function foreignFaults(
  wanted: readonly PlatformObject[],
  liveOf: (object: PlatformObject) => LiveObject | undefined,
  adopt: readonly string[],
): Fault[] {
  return wanted.flatMap((object): Fault[] => {
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
            fix: adoptable.includes(title)
              ? `Remove or rename it, or let the platform take it over: vllm-platform:adopt: {value: [${title}]} in Pulumi.yaml`
              : (object.instead ?? "Remove or rename it"),
          },
        ];
  });
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
