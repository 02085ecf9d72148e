/** What `Pulumi.yaml` should say of a cluster, by what the cluster tells; and what only a person can say. Pure. */
import { isDeepStrictEqual } from "node:util";
import type { Settings } from "../../stacks/settings/index.ts";
import type { ClusterFacts } from "./cluster-facts.ts";
import { nodeProposal } from "./node-proposal.ts";
import { ollamaProposal, storageProposal } from "./others-proposal.ts";
import type { Asked, Change, Proposal, SettingPath, Wanted } from "./proposal.ts";
import { routeProposal } from "./route-proposal.ts";

/** Everything that is proposed, also what holds already. */
export function propose(facts: ClusterFacts, asked: Asked): Proposal {
  const parts = [
    clusterProposal(asked),
    nodeProposal(facts, asked),
    routeProposal(facts, asked),
    storageProposal(facts, asked),
    ollamaProposal(facts, asked),
  ];
  return {
    wanted: parts.flatMap(({ wanted }) => wanted),
    byHand: parts.flatMap(({ byHand }) => byHand),
  };
}

/** What of it is not so yet. */
export function changesOf(wanted: readonly Wanted[], settings: Settings): Change[] {
  return wanted.flatMap((one) => {
    const from = valueAt(settings, one.path);
    return isDeepStrictEqual(from, one.value) ? [] : [{ ...one, from }];
  });
}

function valueAt(settings: Settings, path: SettingPath): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    settings,
  );
}

/** Only what was named here: what the environment names is not the file's to say. */
function clusterProposal({ given }: Asked): Proposal {
  const wanted: Wanted[] = (["kubeconfig", "context"] as const).flatMap((key) =>
    given[key] === undefined ? [] : [{ path: ["cluster", key], value: given[key], why: `--${key}` }],
  );
  return { wanted, byHand: [] };
}
