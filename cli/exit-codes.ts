/** How `gpu-mode` ends: the exit statuses, what they mean, and which error leads to which. */
import { ApiError, UnreachableError } from "../cluster/api.ts";
import { RefusedError } from "../stacks/errors.ts";

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  unreachable: 4,
  locked: 5,
  interrupted: 130,
} as const;
export type ExitName = keyof typeof exitCodes;

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

/** An end other than success, with the sentence for the person. */
export class Ended extends Error {
  readonly exit: ExitName;

  constructor(exit: ExitName, message: string) {
    super(message);
    this.name = "Ended";
    this.exit = exit;
  }
}

/** The end that an error means; undefined for a fault of the program itself. */
export function endOf(error: unknown): Ended | undefined {
  if (error instanceof Ended) {
    return error;
  }
  if (error instanceof UnreachableError) {
    return new Ended("unreachable", `The cluster cannot be reached: ${error.message}.`);
  }
  if (error instanceof RefusedError) {
    return new Ended("refused", error.message);
  }
  if (error instanceof ApiError) {
    return new Ended("refused", `The cluster does not allow it: ${error.message}.`);
  }
  return undefined;
}
