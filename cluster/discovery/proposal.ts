/** What `Pulumi.yaml` should say of a cluster, by what the cluster tells; and what only a person can say. Pure. */
import { isDeepStrictEqual } from "node:util";
import type { Settings } from "../../stacks/settings.ts";
import type { ClusterFacts } from "./cluster-facts.ts";
import { nodeProposal } from "./node-proposal.ts";
import { ollamaProposal, storageProposal } from "./others-proposal.ts";
import { routeProposal } from "./route-proposal.ts";

/** A setting by its keys: `["gpuNode", "card", "name"]`. */
export type SettingPath = [string, ...string[]];

/** A value that a setting should have. */
export interface Wanted {
  path: SettingPath;
  /** Undefined: the setting should not be there, so that its default holds. */
  value: unknown;
  /** What of the cluster says so, as half a sentence. */
  why: string;
}

/** A setting that the cluster tells nothing of. */
export interface ByHand {
  key: string;
  /** Why it matters, or why it could not be found out. */
  why: string;
  /** How a person finds it out. */
  look: string;
}

export interface Proposal {
  wanted: Wanted[];
  byHand: ByHand[];
}

export interface Asked {
  /** What holds now, defaults included. */
  settings: Settings;
  /** Names that the person gave. */
  given: { context?: string; kubeconfig?: string; node?: string; host?: string };
  /** Whether the cluster is the sandbox, whose host is nobody's. */
  sandbox: boolean;
}

/** A setting that is to be changed. */
export interface Change extends Wanted {
  from: unknown;
}

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
