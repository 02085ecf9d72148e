/** Who or what keeps the GPU busy although it was given back: someone who scales the server up again, or a pod that does not end. */
import type { V1Pod } from "@kubernetes/client-node";
import { names } from "../../stacks/vocabulary/names.ts";
import type { ClusterApi, LiveObject } from "../api/index.ts";
import type { ManagedFields } from "../api/managed-fields.ts";
import { isController, isHand, isOurs } from "../fields/managers.ts";

const autoscalersPath = `/apis/autoscaling/v2/namespaces/${names.namespace}/horizontalpodautoscalers`;

interface Autoscaler {
  metadata: { name: string; ownerReferences?: { kind: string; name: string }[] };
  spec?: { scaleTargetRef?: { kind?: string; name?: string } };
}

/** Who scaled a Deployment up, with the autoscalers that are set on it, as half a sentence. */
export async function whoScaledUp(api: ClusterApi, live: LiveObject): Promise<string> {
  // Whoever may scale need not be allowed to read autoscalers.
  const found = await api.get<{ items: Autoscaler[] }>(autoscalersPath).catch(() => undefined);
  const autoscalers = (found?.items ?? [])
    .filter(
      ({ spec }) =>
        spec?.scaleTargetRef?.kind === "Deployment" && spec.scaleTargetRef.name === names.deployment,
    )
    .map(({ metadata: { name, ownerReferences = [] } }) => {
      const of = ownerReferences.map((owner) => `${owner.kind}/${owner.name}`).join(", ");
      return `HorizontalPodAutoscaler/${name}${of === "" ? "" : ` (of ${of})`}`;
    });
  const replicas = (live.spec as { replicas?: number } | undefined)?.replicas ?? 1;
  const on = autoscalers.length === 0 ? "" : `; ${autoscalers.join(" and ")} is set on it`;
  return `Deployment ${names.deployment} was set to 0 replicas, and ${scalerOf(live)} has scaled it to ${replicas} again${on}`;
}

/** Who set a Deployment's replicas, by the field's owner. */
export function scalerOf(live: LiveObject): string {
  const owners = (live.metadata.managedFields ?? []).filter(ownsReplicas);
  const others = owners.filter((entry) => !isOurs(entry)).map(inWords);
  if (others.length > 0) {
    return others.join(" and ");
  }
  return owners.length > 0
    ? "another update of the platform, which was still under way,"
    : "someone whom the cluster does not name";
}

function ownsReplicas({ fieldsV1 }: ManagedFields): boolean {
  return fieldsV1?.["f:spec"]?.["f:replicas"] !== undefined;
}

function inWords({ manager, subresource }: ManagedFields): string {
  if (isController(manager)) {
    return subresource === "scale" ? `a HorizontalPodAutoscaler (by ${manager})` : manager;
  }
  return isHand(manager) ? `someone with kubectl (${manager})` : manager;
}

/** Why pods are still there, one after the other. */
export function whyStaying(pods: readonly V1Pod[]): string {
  return pods
    .map(({ metadata, spec }) => {
      const { name, deletionTimestamp, finalizers = [] } = metadata ?? {};
      if (deletionTimestamp === undefined) {
        return `pod ${name} still runs, and nobody has asked for its end: the cluster's controllers do not work`;
      }
      const by = String(deletionTimestamp);
      return finalizers.length > 0
        ? `pod ${name} was to have ended by ${by} and is kept by ${finalizers.join(", ")} (its finalizers)`
        : `pod ${name} was to have ended by ${by}, and node ${spec?.nodeName ?? "unknown"} has not ended it (is it on? Within a minute of silence the cluster takes it for off)`;
    })
    .join("; ");
}
