import type { Progress } from "../toolchain/progress.ts";

/** One number that was measured. */
export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: "s" | "MB" | "%";
  /** The most it may be, in the same unit. */
  readonly target?: number;
  /** Percent that it is of the whole row. Steps that run side by side add up to more than 100. */
  readonly share?: number;
}

export interface RowContext {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** One thing to measure: a file of its own in this folder, and a line in the table of index.ts. */
export interface Row {
  /** By which it is asked for. */
  readonly name: string;
  /** What it measures, for `--help`. */
  readonly title: string;
  /** How long it usually takes, in seconds. */
  readonly usual: number;
  /** Left out unless it is asked for by name, because of what it takes. */
  readonly onlyByName?: true;
  /** @throws UserError where it cannot be measured here. */
  run(context: RowContext): Promise<readonly Measure[]>;
}
