/** What a proposal is: values that a cluster shows, and those that only a person knows. */
import type { Settings } from "../../../stacks/settings/index.ts";
import { type Read, Unreadable } from "./requirement.ts";

/** A setting by its keys: `["gpuNode", "card", "name"]`. */
export type SettingPath = [string, ...string[]];

/** A value that a setting should have. */
export interface Wanted {
  path: SettingPath;
  /** Undefined: the setting should not be there, so that its default holds, or that it is asked for. */
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
  /** Whether the file names no cluster yet, so that what it says of host and card is the reference setup's. */
  isNew: boolean;
  /** Names that the person gave. */
  given: { node?: string; host?: string };
}

/** Who proposes what the settings should say of one thing, by what the cluster shows. */
export interface Proposer {
  /** Paths of the API server that are read for it. */
  lists: readonly string[];
  /** Pure: the same objects, the same proposal. @param read knows the paths above */
  propose(read: Read, asked: Asked): Proposal;
}

export interface Metadata {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** The objects of a list; undefined where they may not be read, or the kind does not exist. */
export function listed<Item>(read: Read, path: string): (Item & { metadata: Metadata })[] | undefined {
  return readable(() => read<{ items: (Item & { metadata: Metadata })[] }>(path)?.items);
}

/** What was read; undefined where it may not be read. */
export function readable<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Unreadable) {
      return undefined;
    }
    throw error;
  }
}

export function wanted(...some: Wanted[]): Proposal {
  return { wanted: some, byHand: [] };
}

export function byHand(...some: ByHand[]): Proposal {
  return { wanted: [], byHand: some };
}

export function together(parts: readonly Proposal[]): Proposal {
  return {
    wanted: parts.flatMap((part) => part.wanted),
    byHand: parts.flatMap((part) => part.byHand),
  };
}
