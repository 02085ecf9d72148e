/** What a row of `npm run bench` is. */
import type { Progress } from "../../toolchain/base/progress.ts";
import type { Measured, Variant } from "../runs/measure.ts";
import type { World } from "../runs/world.ts";

/** Several ways of doing the same, taken in turn. */
export interface Row {
  name: string;
  /** What is timed, in words. */
  title: string;
  /** The ratio that counts, and what it may be at most. */
  goal?: { of: string; to: string; atMost: number };
  /** Brings the world to where the row begins, and names the ways to compare. */
  variants(world: World): Promise<Variant[]>;
}

export interface RowResult {
  row: Pick<Row, "name" | "title" | "goal">;
  measured: Measured;
}

/** One number that was measured once. */
export interface Measure {
  name: string;
  value: number;
  unit: "s" | "ms" | "MB";
  /** The most it may be, in the same unit. */
  target?: number;
  /** Percent that it is of the whole row. Steps that run side by side add up to more than 100. */
  share?: number;
}

export interface RowContext {
  progress: Progress;
  signal: AbortSignal;
}

/** What takes too long to be repeated: measured once, and only when asked for by name. */
export interface MeasuredRow {
  name: string;
  title: string;
  /** How long it usually takes, in seconds. */
  usual: number;
  /** @throws UserError where it cannot be measured here. */
  run(context: RowContext): Promise<Measure[]>;
}
