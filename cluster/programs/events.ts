/**
 * What the programs that Pulumi starts tell `gpu-mode`: JSON lines in a file that a variable names. The words that a person reads
 * stand beside them, on standard error, and nothing hangs on those.
 */
import { appendFileSync, readFileSync } from "node:fs";
import type { Phase } from "../readiness/diagnosis.ts";

/** Names the file; where it is not set, nobody listens. */
export const eventsVariable = "VLLM_PLATFORM_EVENTS";

export type PlatformEvent =
  /** The wait at the end of an update is in this phase now. */
  | { kind: "waiting"; phase: Phase; detail: string }
  /** The GPU node serves, but something impairs it. */
  | { kind: "node-warning"; text: string }
  /** The mode is declared, and the node cannot show it now. */
  | { kind: "declared-only"; detail: string }
  /** The mode is declared and not served. */
  | { kind: "not-served"; detail: string }
  /** Cluster or GPU node cannot serve the mode; nothing was changed. The message says all. */
  | { kind: "refused"; message: string };

/** Tells whoever listens. */
export function tell(event: PlatformEvent, environment: NodeJS.ProcessEnv = process.env): void {
  const file = environment[eventsVariable];
  if (file === undefined || file === "") {
    return;
  }
  try {
    appendFileSync(file, `${JSON.stringify(event)}\n`);
  } catch {
    // A listener that is gone, or a full disk, ends no update.
  }
}

/** All that was told so far, in its order. A line that is still being written counts next time. */
export function readEvents(file: string): PlatformEvent[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return [];
    }
    throw error;
  }
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return lines.flatMap((line): PlatformEvent[] => {
    try {
      return [JSON.parse(line) as PlatformEvent];
    } catch {
      return []; // a program that was killed has written half of it
    }
  });
}
