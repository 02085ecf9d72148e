import { exitCodes } from "../../system/errors.ts";

/** How `gpu-mode drift` ends; 1 for any error, one of the command line included, so that 2 is drift and nothing else. */
export const driftCodes = { none: exitCodes.done, drift: 2, unknown: exitCodes.unreachable } as const;
