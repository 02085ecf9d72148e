/** What a verification found, as data: `cli/verify/` puts it in words, and programs read it as JSON. */
import { MissingRight } from "../../../cluster/server/rights.ts";
import { meets, type Target } from "../../../stacks/plan/targets.ts";
import { Ended } from "../../../system/errors.ts";
import { oneLine } from "../../../system/terminal/foreign-text.ts";

/** What can be right or wrong. */
export type CheckName =
  | "server"
  | "health"
  | "models"
  | "completion"
  | "chat"
  | "stream"
  | "thoughts"
  | "docs"
  | "key"
  | "certificate"
  | "redirect"
  | "paths"
  | "gateway"
  | "idle"
  | "ollama";

export interface Check {
  check: CheckName;
  state: "ok" | "failed" | "skipped";
  /** What was found, or why it was not looked at, as half a sentence. */
  found: string;
}

/** What is measured. */
export type Metric =
  | "firstToken"
  | "speed"
  | "speedOfFour"
  | "load"
  | "weights"
  | "keyValueCache"
  | "loss"
  | "takeover"
  | "ollama"
  | "return";

export interface Measurement {
  metric: Metric;
  unit: "s" | "tokens/s" | "GiB" | "tokens";
  /** Null where it could not be measured; `note` says why. */
  actual: number | null;
  /** How it was measured, or why not, as half a sentence. */
  note: string;
  /** Null where nobody asks for a certain value. */
  target: Target | null;
  /** Null without a target or a value. */
  met: boolean | null;
  /** What the gate reckoned beforehand, and by how many per cent that is more or less than the value. Null for other metrics. */
  reckoned: number | null;
  offPercent: number | null;
}

export interface Report {
  mode: string;
  serves: boolean;
  /** By which way it was asked. */
  way: string;
  /** The engine's version as it says itself; null where it was not asked or does not tell. */
  version: string | null;
  /** Who says that the answers are simulated; null where nobody does. */
  simulated: string | null;
  checks: Check[];
  measurements: Measurement[];
}

/** Found otherwise than it should be, as half a sentence: the check fails. */
export class Wrong extends Error {}

/** Not looked at, and why, as half a sentence. */
export class Skipped extends Error {}

/**
 * Runs one check.
 * @param signal whose reason is thrown, whatever the check makes of its end
 * @throws Ended where the whole verification cannot go on
 */
export async function judge(
  check: CheckName,
  signal: AbortSignal,
  work: () => Promise<string>,
): Promise<Check> {
  try {
    return { check, state: "ok", found: await work() };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Ended) {
      throw error;
    }
    const state = error instanceof Skipped || error instanceof MissingRight ? "skipped" : "failed";
    return { check, state, found: wordsOf(error) };
  }
}

/** A value with its target, or the reason why there is none. */
export function measured(
  metric: Metric,
  unit: Measurement["unit"],
  value: number | Error,
  {
    note = "",
    target,
    reckoned,
  }: { note?: string; target?: Target | undefined; reckoned?: number | undefined } = {},
): Measurement {
  const actual = value instanceof Error ? null : value;
  return {
    metric,
    unit,
    actual,
    note: value instanceof Error ? wordsOf(value) : note,
    target: target ?? null,
    met: actual === null || target === undefined ? null : meets(target, actual),
    reckoned: reckoned ?? null,
    offPercent: actual && reckoned !== undefined ? (reckoned / actual - 1) * 100 : null,
  };
}

/** The value, or the error in its place: what cannot be measured does not end the rest. */
export async function orWhy<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value | Error> {
  try {
    return await work;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Failed checks, and targets that were missed. */
export function verdictOf({ checks, measurements }: Pick<Report, "checks" | "measurements">): {
  failed: number;
  missed: number;
} {
  return {
    failed: checks.filter(({ state }) => state === "failed").length,
    missed: measurements.filter(({ met }) => met === false).length,
  };
}

function wordsOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error));
}
