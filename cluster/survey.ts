/**
 * What a stack must know of its cluster before it declares anything: who has the GPU, which claim it makes itself, what it
 * takes over from whom. Shared by `pulumi up`, previews and `gpu-mode`.
 */
import { declaredObjects, type PlatformObject } from "../stacks/objects.ts";
import type { Plan } from "../stacks/plan.ts";
import type { ClusterApi, LiveObject } from "./api.ts";
import { type Claim, type Holder, holderOf, nextClaim, type Source, switchSentence } from "./claim.ts";
import { type Live, nothingLive, readLive } from "./live.ts";
import { refuseForeign } from "./ownership.ts";
import { refuseShipped, refuseShippedUnseen } from "./shipped.ts";
import { readSource, staleness } from "./source.ts";
import { takeoverOf } from "./takeover.ts";

export interface Survey {
  /** Who has the GPU now. */
  holder: Holder;
  /** The claim that the stack declares. */
  claim: Claim;
  /** Objects that others still own fields of; these are taken over. */
  pending: { object: PlatformObject; live: LiveObject }[];
  /** The API key that the cluster holds. */
  liveApiKey: string | undefined;
  /** What a person should read first: that this is a switch. */
  notices: string[];
  warnings: string[];
}

export interface SurveyOptions {
  plan: Plan;
  /** Name of the stack. */
  stack: string;
  /** The clone's folder. */
  folder: string;
  /** Whether the cluster is the sandbox, in which values that nobody has set yet do no harm. */
  sandbox: boolean;
  /** @default the clock */
  now?: () => Date;
  /** @default the clone's commit, by git */
  source?: () => Promise<Source>;
}

/**
 * Reads the cluster and works out what the stack takes over.
 * @throws UnreachableError where the cluster does not answer, RefusedError where objects of others are in the way, or values
 * that are not this cluster's.
 */
export async function surveyCluster(api: ClusterApi, options: SurveyOptions): Promise<Survey> {
  const objects = declaredObjects(options.plan);
  const [live] = await Promise.all([
    readLive(api, objects),
    options.sandbox ? undefined : refuseShipped(api, options.plan),
  ]);
  refuseForeign(objects, live.of, options.plan.adopt);
  return surveyOf(live, objects, options);
}

/**
 * The survey of a cluster of which nothing is known, for a preview without it.
 * @throws RefusedError where the plan holds what cannot be any cluster's but the repository's own.
 */
export async function blindSurvey(options: SurveyOptions, reason: string): Promise<Survey> {
  if (!options.sandbox) {
    refuseShippedUnseen(options.plan);
  }
  return surveyOf(nothingLive, [], options).then((survey) => ({
    ...survey,
    notices: [],
    warnings: [
      `${reason}. So this preview does not know which mode has the GPU, nor what stands in the cluster; \`up\` will refuse until the cluster answers.`,
    ],
  }));
}

async function surveyOf(
  live: Live,
  objects: readonly PlatformObject[],
  { plan, stack, folder, now = () => new Date(), source = () => readSource(folder) }: SurveyOptions,
): Promise<Survey> {
  const holder = holderOf(live.claim, live.deployment);
  const { claim, takesOver } = await nextClaim(plan, stack, holder, now, source);
  const stale =
    holder.claim === undefined ? undefined : await staleness(folder, claim.source, holder.claim.source);
  const pending = objects.flatMap((object) => {
    const found = object.kind === "Namespace" ? undefined : live.of(object);
    return found === undefined || takeoverOf(found, undefined) === undefined ? [] : [{ object, live: found }];
  });
  return {
    holder,
    claim,
    pending,
    liveApiKey: live.apiKey,
    notices: takesOver ? [switchSentence(plan, holder)] : [],
    warnings: [...holder.warnings, ...(stale === undefined ? [] : [stale])],
  };
}
