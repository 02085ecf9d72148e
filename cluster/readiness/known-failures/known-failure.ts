import type { ContainerName } from "../../../stacks/vocabulary/names.ts";

/** A text that upstream prints when something is known to be wrong, and what that means. */
export interface KnownFailure {
  /** Matches within one line, so that the line can be quoted. */
  pattern: RegExp;
  /** What it means, as half a sentence. */
  meaning: string;
  /**
   * What to do about it, as an order without a full stop. Where upstream names the value that would work, its groups name it:
   * `$1` stands for the first group of the pattern.
   */
  fix: string;
  /** A line as upstream printed it; a test holds that it is recognised as this failure. */
  sample: string;
  /** The container of which alone it is known. @default both */
  of?: ContainerName;
}
