/** What a proposal is: values that a cluster shows, and those that only a person knows. */
import type { Settings } from "../../stacks/settings/index.ts";

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
