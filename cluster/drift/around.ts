/** What no declaration tells and yet changes what users have: who else is at the same GPU, node and objects. Pure. */
import type { Plan } from "../../stacks/plan/index.ts";
import { names } from "../../stacks/vocabulary/names.ts";
import { deploymentObject, objectTitle, possibleObjects, titleOf } from "../../stacks/vocabulary/objects.ts";
import type { LiveObject } from "../api/index.ts";
import { nodeSubject } from "../gpu-node/judge/subject.ts";
import { judgeMembership, type Member } from "../gpu-node/membership.ts";
import { type Certificate, whyNotReady } from "../requirements/items/route/certificate.ts";
import { authorship } from "./author.ts";
import type { Drift } from "./item.ts";

/** An object that a listing found. */
export interface Listed extends LiveObject {
  kind: string;
  /** Where it lies in the API server. */
  path: string;
}

/** Objects with the platform's labels under names that no mode ever declares. What a controller made of one belongs to that one. */
export function undeclaredObjects(listed: readonly Listed[]): Drift[] {
  const known = new Set(possibleObjects.map(objectTitle));
  return listed
    .filter(({ metadata }) => !("ownerReferences" in metadata))
    .map((one) => ({ one, object: titleOf(one) }))
    .filter(({ object }) => !known.has(object))
    .map(({ one, object }) => ({
      part: "around",
      kind: "undeclared",
      object,
      ...madeBy(one),
      fix: "prune",
    }));
}

/** What sets the replicas of one of the platform's Deployments. */
export function scalers(listed: readonly Listed[]): Drift[] {
  return listed.flatMap((one) => {
    const target = (one.spec as { scaleTargetRef?: { kind?: string; name?: string } } | undefined)
      ?.scaleTargetRef;
    return (target?.kind ?? "Deployment") === "Deployment" && scaled.includes(target?.name ?? "")
      ? [
          {
            part: "around",
            kind: "scaler",
            object: titleOf(one),
            detail: `it sets the replicas of Deployment ${target?.name}`,
            ...madeBy(one),
            fix: "prune",
          } as const,
        ]
      : [];
  });
}

const scaled: readonly string[] = [deploymentObject.name, names.ollama];

/** The GPU node's label and taint, and who else holds the GPU. A node that is off is none of it. */
export function nodeDrift(members: readonly Member[], plan: Plan): Drift[] {
  const { name } = plan.settings.gpuNode;
  const of = { part: "around", fix: "hand" } as const;
  const marks = judgeMembership(members, nodeSubject(plan), false)
    .filter(({ item, state }) => (item === "taint" || members.length === 0) && state !== "ok")
    .map(
      ({ item, found, fix }): Drift => ({
        ...of,
        kind: "node",
        object: `Node/${name}`,
        field: item === "taint" ? "spec.taints" : "metadata.labels",
        detail: found,
        ...(fix === undefined ? {} : { how: fix }),
      }),
    );
  const holders = members
    .filter(({ gpuNode }) => gpuNode.ready)
    .flatMap(({ gpuNode }) => (gpuNode.heldBy === "unknown" ? [] : gpuNode.heldBy));
  return [
    ...marks,
    // A mode that does not serve leaves the GPU to them.
    ...(plan.serves ? holders : []).map(
      ({ pod, gpus }): Drift => ({
        ...of,
        kind: "gpu",
        object: `Pod/${pod}`,
        detail: `it holds ${gpus === 1 ? "the GPU" : `${gpus} GPUs`} of node ${name}`,
        how: "End that pod, or wait for its end",
      }),
    ),
  ];
}

/** A certificate that is there and asked for as declared, and not signed. */
export function certificateDrift(live: Certificate | undefined, host: string, name: string): Drift[] {
  if (live === undefined || !live.spec?.dnsNames?.includes(host)) {
    return []; // told as an object that is missing or changed
  }
  const why = whyNotReady(live, host, name);
  return why === undefined
    ? []
    : [
        {
          part: "around",
          kind: "certificate",
          object: `Certificate/${name}`,
          detail: why,
          fix: "hand",
          how: `Look what cert-manager waits for: \`kubectl describe certificate,certificaterequest,order,challenge -n ${names.namespace}\``,
        },
      ];
}

/** Whoever wrote first of what the object is to be; a controller that wrote its status made it not. */
function madeBy({ metadata: { managedFields = [] } }: LiveObject) {
  const [first] = managedFields
    .filter(({ subresource }) => subresource === undefined)
    .sort((a, b) => (a.time ?? "").localeCompare(b.time ?? ""));
  return first === undefined ? {} : authorship(first);
}
