/** The rows of `npm run bench`: what is timed, against what, and what is to be reached. One concept a file. */
import { branchPreview } from "./branch-preview.ts";
import { firstStart } from "./first-start.ts";
import { firstUp } from "./first-up.ts";
import { gateway } from "./gateway.ts";
import { gaming, sameMode } from "./gpu-mode.ts";
import { largeCluster } from "./large-cluster.ts";
import { litellm } from "./litellm.ts";
import { modeSwitch } from "./mode-switch.ts";
import { noChange, preview } from "./no-change.ts";
import type { MeasuredRow, Row } from "./row.ts";
import { startAgain } from "./start-again.ts";
import { tests } from "./tests.ts";

export const rows: readonly Row[] = [preview, noChange, firstUp, modeSwitch, gaming, sameMode, startAgain];

export const longRows: readonly MeasuredRow[] = [
  firstStart,
  tests,
  gateway,
  litellm,
  branchPreview,
  largeCluster,
];
