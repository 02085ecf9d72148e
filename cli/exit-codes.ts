/** How `gpu-mode` ends: the exit statuses, and what they mean. */
import type { ExitName } from "../system/errors.ts";

export { exitCodes } from "../system/errors.ts";

/** One line each, for `--help` and docs/modes.md. */
export const exitMeanings: Readonly<Record<ExitName, string>> = {
  done: "what was asked for is so; a mode declared for a node that is off counts too",
  failed: "it was begun and did not succeed; the same command, or the previous mode's, goes on from there",
  usage: "the command line cannot be understood, or there is no such mode or stack",
  refused: "it would do harm or cannot work; nothing was changed",
  unreachable: "the cluster does not answer, so nothing is known; before a change, nothing was changed",
  locked:
    "another update is under way and nothing was changed, or one that frees the GPU has interrupted this one",
  interrupted: "Ctrl-C; the same command goes on from there",
};
