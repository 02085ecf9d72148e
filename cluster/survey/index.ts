/**
 * What a stack must know of its cluster before it declares anything: who has the GPU, which claim it makes itself, what it
 * takes over from whom. Shared by `pulumi up`, previews and `gpu-mode`.
 */
import { declaredObjects, type Manifest, manifestsOf } from "../../stacks/manifests/index.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import { checksumAnnotation } from "../../stacks/vocabulary/names.ts";
import {
  objectTitle,
  type PlatformObject,
  possibleObjects,
  volumeClaimObject,
} from "../../stacks/vocabulary/objects.ts";
import { RefusedError } from "../../system/errors.ts";
import type { ClusterApi, LiveObject } from "../api/index.ts";
import {
  type Claim,
  claimData,
  type Holder,
  holderOf,
  nextClaim,
  otherState,
  readClaim,
  type Source,
  switchSentence,
} from "../claim/index.ts";
import { type Live, nothingLive, readLive } from "../claim/read.ts";
import { readSource, staleness } from "../claim/source.ts";
import { foreignFaults } from "../fields/owner.ts";
import { type Takeover, takeoverOf, takeoverText } from "../fields/takeover.ts";
import { keyGoes, keyNotice, keyWarnings } from "../server/api-key.ts";
import { completed, isSwitched } from "./adoption.ts";
import { askedStorageClass, fixedFieldFaults } from "./fixed-fields.ts";
import { type Leftovers, leftoversOf } from "./leftovers.ts";
import { type Standing, standingText } from "./standing.ts";

export interface Survey {
  /** Who has the GPU now. */
  holder: Holder;
  /** The claim that the stack declares. */
  claim: Claim;
  /** Objects that others own fields of, or that hold what nobody declares; these are put right. */
  pending: Pending[];
  /** What the mode does not declare and something before it did. */
  leftovers: Leftovers;
  /** Versions of the leftovers that are to go, by `Kind/name`. */
  leftoverVersions: Record<string, string>;
  /** The usable API key that the cluster holds. */
  liveApiKey: string | undefined;
  /** Class of the volume claim that is there, where the platform asked for it. */
  storageClass: string | undefined;
  /** What a person should read first: that this is a switch. */
  notices: string[];
  warnings: string[];
}

/** An object that is not as it is declared, for another reason than an edited file. */
export interface Pending {
  object: PlatformObject;
  live: LiveObject;
  /** The object as it is declared; a Secret without its values. */
  declared: Manifest;
  takeover: Takeover;
}

export interface SurveyOptions {
  plan: Plan;
  /** Name of the stack. */
  stack: string;
  /**
   * Identity of the stack's state.
   * @default not known, as in `gpu-mode`
   */
  state?: string;
  /** The clone's folder. */
  folder: string;
  /** @default the clock */
  now?: () => Date;
  /** @default the clone's commit, by git */
  source?: () => Promise<Source>;
}

/**
 * Reads the cluster and works out what the stack takes over.
 * @throws UnreachableError where the cluster does not answer, RefusedError where objects of others are in the way.
 */
export async function surveyCluster(api: ClusterApi, options: SurveyOptions): Promise<Survey> {
  const objects = declaredObjects(options.plan);
  const live = await readLive(api, objects, possibleObjects);
  refuseInTheWay(options.plan, live);
  return surveyOf(live, options);
}

/** @throws RefusedError naming every live object that cannot become the platform's. */
function refuseInTheWay(plan: Plan, { of }: Live): void {
  const foreign = foreignFaults(declaredObjects(plan), of, plan.adopt);
  const faults = [...foreign, ...fixedFieldFaults(plan, of)];
  if (faults.length > 0) {
    throw new RefusedError(
      foreign.length > 0
        ? "Objects of others stand where the platform wants its own; nothing was changed."
        : `What stands in the cluster cannot become what mode ${plan.mode} declares; nothing was changed.`,
      faults,
    );
  }
}

/** The survey of a cluster of which nothing is known, for a preview without it. */
export async function blindSurvey(options: SurveyOptions, reason: string): Promise<Survey> {
  return surveyOf(nothingLive, options).then((survey) => ({
    ...survey,
    notices: [],
    warnings: [
      `${reason}. So this preview does not know which mode has the GPU, nor what stands in the cluster; \`up\` will refuse until the cluster answers.`,
    ],
  }));
}

async function surveyOf(
  live: Live,
  { plan, stack, state, folder, now = () => new Date(), source = () => readSource(folder) }: SurveyOptions,
): Promise<Survey> {
  const holder = holderOf(live.claim, live.deployment);
  const claimant = { stack, state };
  const { claim, takesOver } = await nextClaim(plan, claimant, holder, now, source);
  const stale =
    holder.claim === undefined ? undefined : await staleness(folder, claim.source, holder.claim.source);
  const keyless = keyGoes(plan, live.deployment);
  const pending = pendingOf(plan, claim, live);
  const leftovers = leftoversOf(plan, live.of);
  const fromOthers = takesOver ? switchSentence(plan, holder) : otherState(claimant, holder);
  const notices = [
    fromOthers,
    ...(fromOthers === undefined ? [] : [standing(plan, claim, live)]),
    plan.apiKey ? keyNotice(live.apiKey, stack) : undefined,
    ...pending.map(({ object, live: found, takeover }) => takeoverText(object, found, takeover)),
    ...leftovers.removable.map(
      (object) => `${objectTitle(object)} goes: mode ${plan.mode} does not declare it`,
    ),
  ];
  return {
    holder,
    claim,
    pending,
    leftovers,
    leftoverVersions: Object.fromEntries(
      leftovers.removable.map((object) => [
        objectTitle(object),
        live.of(object)?.metadata.resourceVersion ?? "",
      ]),
    ),
    liveApiKey: live.apiKey.key,
    storageClass: askedStorageClass(live.of(volumeClaimObject)),
    notices: notices.filter((notice) => notice !== undefined),
    warnings: [
      ...holder.warnings,
      ...(stale === undefined ? [] : [stale]),
      ...(plan.apiKey ? keyWarnings(live.apiKey, stack) : []),
      ...(keyless === undefined ? [] : [keyless]),
    ],
  };
}

/** The plan's objects that are there, and are not as they are declared for another reason than an edited file. */
export function pendingOf(plan: Plan, claim: Claim, live: Live): Pending[] {
  return standingOf(plan, claim, live).flatMap(({ object, declared, live: found }) => {
    const takeover = takeoverOf(found, completed(declared, found));
    return takeover === undefined || (takeover.managers.length === 0 && isSwitched(found, declared))
      ? []
      : [{ object, live: found, declared, takeover }];
  });
}

/** The plan's objects that are there. The namespace is none of them: others live there, and nothing of it is taken away. */
function standingOf(plan: Plan, claim: Claim, live: Live): Standing[] {
  const manifests = liveManifests(plan, claim, live);
  return declaredObjects(plan).flatMap((object) => {
    const found = live.of(object);
    const declared = manifests.find(
      ({ kind, metadata: { name } }) => objectTitle({ kind, name }) === objectTitle(object),
    );
    return found === undefined || declared === undefined || object.kind === "Namespace"
      ? []
      : [{ object, live: found, declared }];
  });
}

/** What stands there, where another stack or state declared it. */
function standing(plan: Plan, claim: Claim, live: Live): string | undefined {
  const found = standingOf(plan, claim, live).map((one) => ({
    ...one,
    // Only the values of Secrets are the cluster's own: a volume claim may grow.
    declared: one.object.kind === "Secret" ? completed(one.declared, one.live) : one.declared,
  }));
  return standingText(
    found,
    declaredObjects(plan).filter((object) => live.of(object) === undefined),
  );
}

/** What a plan declares in a cluster, with what only that cluster knows; Secrets are without their values. */
function liveManifests(plan: Plan, claim: Claim, live: Live): Manifest[] {
  const template = (live.deployment?.spec as { template?: LiveObject } | undefined)?.template;
  const checksum = template?.metadata.annotations?.[checksumAnnotation];
  const readsSecrets = plan.apiKey || plan.huggingFace?.kind === "token";
  return manifestsOf(plan, {
    // Which state declares it, only a program of that state knows.
    claim: claimData({ ...claim, state: claim.state ?? readClaim(live.claim)?.claim?.state }),
    switchNumber: claim.switchNumber,
    ...(readsSecrets && checksum !== undefined ? { secretsChecksum: checksum } : {}),
  });
}
