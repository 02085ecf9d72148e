/** What the check of the GPU node reads of a plan. It is all that the check's resource carries, so nothing else makes it ask again. */

import type { Plan } from "../../../stacks/plan/index.ts";
import { type GateSettings, gateKeys } from "../../../stacks/resolve/ask-gates.ts";
import { modeFile } from "../../../stacks/vocabulary/file-names.ts";

export interface NodeSubject {
  mode: string;
  /** Whether the mode runs the server; for one that does not, only the node's own health is looked at. */
  serves: boolean;
  /** GPUs that the mode takes. */
  gpus: number;
  /** File that a person would change, for the gates' faults. */
  file: string;
  settings: GateSettings;
  /** Folder on the node that holds the model files; absent where they lie in a volume. */
  cacheFolder?: string;
  /** User id that the server runs as. */
  user: number;
  /** Size of the model's weights in bytes. */
  weightBytes: number;
}

export function nodeSubject({ mode, serves, replicas, server, cache, settings }: Plan): NodeSubject {
  return {
    mode,
    serves,
    gpus: replicas * settings.resources.gpus,
    file: modeFile(server.mode),
    settings: Object.fromEntries(gateKeys.map((key) => [key, settings[key]])) as GateSettings,
    ...(cache.kind === "hostPath" ? { cacheFolder: cache.path } : {}),
    user: settings.security.runAsUser ?? 0,
    weightBytes: server.numbers.weightBytes,
  };
}
