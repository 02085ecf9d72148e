/**
 * Gives the GPU back at once, ahead of the engine: the claim first, then no replicas, both by the platform's own field
 * manager, so that the `pulumi up` that follows finds its own fields.
 */
import { claim as claimManifest } from "../../stacks/manifests/config-maps.ts";
import { modeLabel, switchAnnotation } from "../../stacks/vocabulary/names.ts";
import {
  claimObject,
  deploymentObject,
  objectPath,
  type PlatformObject,
} from "../../stacks/vocabulary/objects.ts";
import type { ClusterApi, LiveObject } from "../api/index.ts";
import type { FieldSet } from "../api/managed-fields.ts";
import { type Claim, claimData, type Declared, holderOf, nextClaim, type Source } from "../claim/index.ts";
import { readLive } from "../claim/read.ts";
import { isOurs } from "../fields/managers.ts";
import { ownedPart } from "../fields/owned-fields.ts";
import { ownerOf } from "../fields/owner.ts";

/**
 * Claims the GPU for a mode that does not serve, and asks for the pods' end. Only where both objects are the platform's
 * already: what has still to be taken over from others is the engine's work, and its plan says whether it may.
 * @returns whether that was done; if not, nothing was changed.
 */
export async function releaseAtOnce(api: ClusterApi, claim: Claim): Promise<boolean> {
  const live = await readLive(api, []);
  const stopped = live.deployment === undefined ? undefined : withoutReplicas(live.deployment, claim);
  if (stopped === undefined || (live.claim !== undefined && ownerName(claimObject, live.claim) !== "ours")) {
    return false;
  }
  await api.apply(objectPath(claimObject), claimManifest(claimData(claim)));
  await api.apply(objectPath(deploymentObject), stopped);
  return true;
}

/** What came of a release without a plan; in the last two cases nothing was changed. */
export type Unplanned =
  | { state: "asked"; claim: Claim }
  /** There is no Deployment that could hold the GPU. */
  | { state: "nothing" }
  | { state: "foreign"; manager: string };

/**
 * The same for a mode of which nothing but the name is known, since its files have faults: no engine follows. So a Deployment
 * that was made with kubectl is scaled, too, and left as it is otherwise.
 */
export async function releaseUnplanned(
  api: ClusterApi,
  { mode, source }: { mode: string; source: () => Promise<Source> },
): Promise<Unplanned> {
  const live = await readLive(api, []);
  if (live.deployment === undefined) {
    return { state: "nothing" };
  }
  const owner = ownerOf(deploymentObject, live.deployment);
  if (owner.owner === "foreign") {
    return { state: "foreign", manager: owner.manager };
  }
  const holder = holderOf(live.claim, live.deployment);
  const hash = holder.claim?.stack === mode ? holder.claim.planHash : "unknown";
  const unplanned = { mode, serves: false, server: { model: "" }, hash };
  const { claim } = await nextClaim(
    unplanned,
    { stack: mode, state: undefined },
    holder,
    () => new Date(),
    source,
  );
  if (live.claim === undefined || ownerName(claimObject, live.claim) !== "foreign") {
    await api.apply(objectPath(claimObject), claimManifest(claimData(claim)));
  }
  await scaleToZero(api, live.deployment, claim);
  return { state: "asked", claim };
}

/**
 * Asks for the end of a Deployment's pods.
 * @param declared the mode and switch that the Deployment names from then on, where the platform has applied it.
 * @default declared what it names already
 */
export async function scaleToZero(api: ClusterApi, live: LiveObject, declared?: Declared): Promise<void> {
  const path = objectPath(deploymentObject);
  const stopped = withoutReplicas(live, declared);
  if (stopped !== undefined) {
    await api.apply(path, stopped);
    return;
  }
  await api.patch(`${path}/scale?fieldManager=${scaler}`, [{ op: "add", path: "/spec/replicas", value: 0 }]);
}

/** By which name the platform scales what it has not taken over. */
const scaler = "gpu-mode";

/**
 * A Deployment as the platform applied it last, with 0 replicas; undefined where the platform never applied it. It names the
 * new switch at once, so that a wait that belongs to the one before ends.
 */
export function withoutReplicas(live: LiveObject, declared?: Declared): object | undefined {
  const owned = live.metadata.managedFields?.find(isOurs)?.fieldsV1;
  if (owned === undefined) {
    return undefined;
  }
  const { metadata, spec } = ownedPart(contentOf(owned), live) as {
    metadata: { labels?: object; annotations?: object };
    spec?: object;
  };
  const { name } = live.metadata;
  const { apiVersion, kind, namespace } = deploymentObject;
  const named =
    declared === undefined
      ? {}
      : {
          labels: { ...metadata.labels, [modeLabel]: declared.mode },
          annotations: { ...metadata.annotations, [switchAnnotation]: String(declared.switchNumber) },
        };
  return {
    apiVersion,
    kind,
    metadata: { ...metadata, ...named, name, namespace },
    spec: { ...spec, replicas: 0 },
  };
}

function contentOf(set: FieldSet): FieldSet {
  const { "f:metadata": metadata = {}, "f:spec": spec = {} } = set;
  return { "f:metadata": metadata, "f:spec": spec };
}

function ownerName(object: PlatformObject, live: LiveObject): "ours" | "madeByHand" | "foreign" {
  return ownerOf(object, live).owner;
}
