/** What a cluster holds of the platform, read in one go: one request an object, all of them at once. */

import {
  apiKeyObject,
  claimObject,
  deploymentObject,
  objectPath,
  type PlatformObject,
} from "../../stacks/vocabulary/objects.ts";
import { allAnswers } from "../api/all-answers.ts";
import { ApiError, type ClusterApi, type LiveObject } from "../api/index.ts";
import { type HeldKey, heldKey } from "../server/api-key.ts";
import { type Holder, holderOf } from "./index.ts";

export interface Live {
  claim: LiveObject | undefined;
  deployment: LiveObject | undefined;
  /** The live object of a name; undefined where there is none or where it was not asked for. */
  of(object: PlatformObject): LiveObject | undefined;
  /** Why it is not known whether there is one: these credentials may not read it. */
  refusal(object: PlatformObject): ApiError | undefined;
  /** The API key that the cluster holds, where its Secret was asked for. */
  apiKey: HeldKey;
}

/**
 * Reads the claim, the Deployment and the given objects. A missing object or kind is not an error.
 * @param others objects that are read where these credentials allow it, and count as missing where not.
 * @throws UnreachableError where the cluster does not answer, ApiError with every refusal where it does not allow the reading.
 */
export async function readLive(
  api: ClusterApi,
  objects: readonly PlatformObject[],
  others: readonly PlatformObject[] = [],
): Promise<Live> {
  const needed = new Set([claimObject, deploymentObject, ...objects].map(objectPath));
  const paths = new Set([...needed, ...others.map(objectPath)]);
  const refusals = new Map<string, ApiError>();
  const read = async (path: string): Promise<LiveObject | undefined> =>
    api.get(path).catch((error: unknown) => {
      if (error instanceof ApiError && error.code === 403 && !needed.has(path)) {
        refusals.set(path, error);
        return undefined;
      }
      throw error;
    });
  const found = new Map(await allAnswers([...paths].map(async (path) => [path, await read(path)] as const)));
  const of = (object: PlatformObject) => found.get(objectPath(object));
  return {
    claim: of(claimObject),
    deployment: of(deploymentObject),
    of,
    refusal: (object) => refusals.get(objectPath(object)),
    apiKey: heldKey(of(apiKeyObject)),
  };
}

/** Who has the GPU. @throws as `readLive` does */
export async function readHolder(api: ClusterApi): Promise<Holder> {
  const { claim, deployment } = await readLive(api, []);
  return holderOf(claim, deployment);
}

/** A cluster that holds nothing of the platform, or of which nothing is known. */
export const nothingLive: Live = {
  claim: undefined,
  deployment: undefined,
  of: () => undefined,
  refusal: () => undefined,
  apiKey: {},
};
