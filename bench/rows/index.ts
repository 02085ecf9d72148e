/** The rows of `npm run bench`: what is timed, against what, and what is to be reached. One concept a file. */
import type { Measured, Variant } from "../measure.ts";
import type { World } from "../world.ts";
import { firstUp } from "./first-up.ts";
import { gaming, sameMode } from "./gpu-mode.ts";
import { moreModes, moreOptions } from "./growth.ts";
import { modeSwitch } from "./mode-switch.ts";
import { noChange, preview } from "./no-change.ts";
import { startAgain } from "./start-again.ts";

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
