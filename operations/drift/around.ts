/** Looks at what no declaration tells. */
import { ApiError, type ClusterApi } from "../../cluster/api/index.ts";
import type { Live } from "../../cluster/claim/read.ts";
import { certificateDrift, nodeDrift, scalers, undeclaredObjects } from "../../cluster/drift/around.ts";
import type { Drift } from "../../cluster/drift/item.ts";
import { readListing } from "../../cluster/drift/listing.ts";
import { areHoldersUnknown, holdersUnknown, readGpuNodeObjects } from "../../cluster/gpu-node/node.ts";
import { type Certificate, certificatesOf } from "../../cluster/requirements/items/route/certificate.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import { possibleObjects } from "../../stacks/vocabulary/objects.ts";

/** @param plan of the active mode, or of any where that one's files are refused: the GPU node is the same in all */
export async function lookAround(
  api: ClusterApi,
  plan: Plan,
  { live, mode }: { live: Live; mode: boolean },
): Promise<{ drifts: Drift[]; unknown: string[] }> {
  const [listing, members] = await Promise.all([
    readListing(api),
    readGpuNodeObjects(api, plan).catch((error: unknown) => {
      if (error instanceof ApiError) {
        return error.message;
      }
      throw error;
    }),
  ]);
  const certificates = mode ? certificatesOf(plan) : [];
  const nodes = typeof members === "string" ? [] : members;
  const holders = plan.serves && areHoldersUnknown(nodes.map(({ gpuNode }) => gpuNode));
  return {
    drifts: [
      ...undeclaredObjects(listing.labelled),
      ...scalers(listing.scalers),
      ...(typeof members === "string" ? [] : nodeDrift(nodes, plan)),
      ...certificates.flatMap(({ host, name }) => {
        const object = possibleObjects.find((one) => one.kind === "Certificate" && one.name === name);
        const found = object === undefined ? undefined : live.of(object);
        return certificateDrift(found as unknown as Certificate | undefined, host, name);
      }),
    ],
    unknown: [
      ...listing.unknown.map(
        (text) => `The cluster does not allow to look for objects that nobody declares: ${text}.`,
      ),
      ...(typeof members === "string"
        ? [`The cluster does not allow to look at its nodes: ${members}.`]
        : []),
      ...(holders ? [`Who holds the GPU is not known: ${holdersUnknown.found}. ${holdersUnknown.fix}.`] : []),
    ],
  };
}
