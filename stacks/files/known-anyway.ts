/** What has to be known of a mode to free the GPU, and is known whatever the faults of its files are. */

import { checkSettings } from "../rules/validate.ts";
import type { Settings } from "../settings/index.ts";
import { projectFile } from "../vocabulary/file-names.ts";
import { readFragments } from "./index.ts";

export interface KnownAnyway {
  /** Whether the mode frees the GPU. */
  frees: boolean;
  /** The cluster; without a context where the files do not tell it. */
  cluster: Settings["cluster"];
}

/** The shipped mode that frees the GPU, by which it is known where its file does not tell. */
const freeingMode = "gaming";

/** Reads it from a project's files. Never throws. */
export function knownAnyway(projectDirectory: string, mode: string): KnownAnyway {
  const { own, shared } = readFragments(projectDirectory, mode);
  const given = { serve: own.serve, cluster: own.cluster ?? shared.cluster };
  const values = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const { settings, faults } = checkSettings({ mode, values, fileOf: () => projectFile });
  // Where the file and the context are not both as they were written, it may be another cluster.
  const isClusterDoubtful = faults.some(({ key }) => /^cluster\b(?!\.identifier$)/.test(key ?? ""));
  const told = own.serve !== undefined && !faults.some(({ key }) => key === "serve");
  return {
    frees: told ? !settings.serve : mode === freeingMode && own.model === undefined,
    cluster: isClusterDoubtful ? { identifier: settings.cluster.identifier } : settings.cluster,
  };
}
