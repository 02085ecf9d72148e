/** What the states here say where no mode has the GPU by the cluster: "nothing is declared" is true of the right cluster only. */
import type { Drift } from "../../cluster/drift/item.ts";
import { readState, type StateFound } from "./state.ts";

export interface Unclaimed {
  drifts: Drift[];
  unknown: string[];
}

/** @param otherCluster tells of a state whose objects are in another cluster */
export async function lookAtStates(
  { folder, modes }: { folder: string; modes: readonly string[] },
  otherCluster: (state: StateFound, stack: string) => Promise<Drift | undefined>,
): Promise<Unclaimed> {
  const found = await Promise.all(
    modes.map(async (stack): Promise<Unclaimed> => {
      const state = await readState(folder, stack);
      const other = await otherCluster(state, stack);
      return other === undefined
        ? { drifts: [], unknown: unknownOf(stack, state) }
        : { drifts: [other], unknown: [] };
    }),
  );
  return { drifts: found.flatMap(({ drifts }) => drifts), unknown: found.flatMap(({ unknown }) => unknown) };
}

function unknownOf(stack: string, { applied, atWork, unknown }: StateFound): string[] {
  const isApplied = applied !== undefined && applied.objects.length > 0;
  const gone = `By the state of stack ${stack} its objects are in this cluster, which has neither claim nor Deployment: whether another stack's destroy or somebody else removed them is not known. gpu-mode ${stack} makes them again; gpu-mode forget ${stack} drops the state.`;
  return [...(atWork === undefined ? [] : [atWork]), ...unknown, ...(isApplied ? [gone] : [])];
}
