/**
 * Gives the GPU back at once, ahead of the engine: the claim first, then no replicas, both by the platform's own field
 * manager, so that the `pulumi up` that follows finds its own fields. Only where both objects are the platform's already;
 * what has still to be taken over from others is the engine's work.
 */
import { claimObject, deploymentObject, objectPath, type PlatformObject } from "../stacks/objects.ts";
import type { ClusterApi, LiveObject } from "./api.ts";
import type { FieldSet } from "./managed-fields.ts";
import { isOurs } from "./managers.ts";
import { ownedPart } from "./owned-fields.ts";
import { ownerOf } from "./ownership.ts";

/**
 * Claims the GPU for a mode that does not serve, and asks for the pods' end.
 * @param claim the claim's ConfigMap as the program declares it.
 * @returns whether that was done; if not, nothing was changed.
 */
export async function releaseAtOnce(api: ClusterApi, claim: object): Promise<boolean> {
  const [liveClaim, deployment] = await Promise.all([
    api.get(objectPath(claimObject)),
    api.get(objectPath(deploymentObject)),
  ]);
  const stopped = deployment === undefined ? undefined : withoutReplicas(deployment);
  if (stopped === undefined || (liveClaim !== undefined && !isThePlatforms(claimObject, liveClaim))) {
    return false;
  }
  await api.apply(objectPath(claimObject), claim);
  await api.apply(objectPath(deploymentObject), stopped);
  return true;
}

/** A Deployment as the platform applied it last, with 0 replicas; undefined where the platform never applied it. */
export function withoutReplicas(live: LiveObject): object | undefined {
  const owned = live.metadata.managedFields?.find(isOurs)?.fieldsV1;
  if (owned === undefined) {
    return undefined;
  }
  const { metadata, spec } = ownedPart(contentOf(owned), live) as Record<string, object | undefined>;
  const { name } = live.metadata;
  const { apiVersion, kind, namespace } = deploymentObject;
  return { apiVersion, kind, metadata: { ...metadata, name, namespace }, spec: { ...spec, replicas: 0 } };
}

function contentOf(set: FieldSet): FieldSet {
  const { "f:metadata": metadata = {}, "f:spec": spec = {} } = set;
  return { "f:metadata": metadata, "f:spec": spec };
}

function isThePlatforms(object: PlatformObject, live: LiveObject): boolean {
  return ownerOf(object, live).owner === "ours";
}
