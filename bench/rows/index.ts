/** The rows of `npm run bench`: what is timed, against what, and what is to be reached. One concept a file. */
import type { Progress } from "../../toolchain/progress.ts";
import type { Measured, Variant } from "../measure.ts";
import type { World } from "../world.ts";
import { firstStart } from "./first-start.ts";
import { firstUp } from "./first-up.ts";
import { gaming, sameMode } from "./gpu-mode.ts";
import { moreModes, moreOptions } from "./growth.ts";
import { modeSwitch } from "./mode-switch.ts";
import { noChange, preview } from "./no-change.ts";
import { profile } from "./profile.ts";
import { startAgain } from "./start-again.ts";
import { tests } from "./tests.ts";

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
  unit: "s" | "MB";
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

export const rows: readonly Row[] = [
  preview,
  noChange,
  firstUp,
  modeSwitch,
  gaming,
  sameMode,
  moreOptions,
  moreModes,
  startAgain,
];

export const longRows: readonly MeasuredRow[] = [profile, firstStart, tests];
