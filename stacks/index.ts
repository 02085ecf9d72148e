/**
 * What a mode means: its settings, and the plan that follows from them. Pure: no Pulumi resource, no cluster, no clock.
 * `Pulumi.yaml` + `Pulumi.<mode>.yaml` → settings (settings.ts, validate.ts) → plan (plan.ts).
 */
import { readModeFiles } from "./files.ts";
import { type Plan, planMode } from "./plan.ts";
import { type RawSettings, validateSettings } from "./validate.ts";

export { describePlan } from "./describe.ts";
export { type Fault, RefusedError } from "./errors.ts";
export { listModes, readModeFiles } from "./files.ts";
export { names } from "./names.ts";
export { type Plan, planMode, type ServerPlan } from "./plan.ts";
export type { Settings } from "./settings.ts";
export { type RawSettings, validateSettings } from "./validate.ts";

/**
 * The plan of a mode whose values are at hand. A mode that does not serve keeps the default mode's pod template,
 * so that one's file is read from the project's folder.
 * @throws RefusedError naming every fault of the files.
 */
export function planFrom(raw: RawSettings, projectDirectory: string): Plan {
  const settings = validateSettings(raw);
  const defaults = settings.serve
    ? undefined
    : validateSettings(readModeFiles(projectDirectory, settings.defaultMode));
  return planMode(raw.mode, settings, defaults);
}

/** The plan of a mode from the project's files alone: no engine, no cluster. */
export function planFromFiles(projectDirectory: string, mode: string): Plan {
  return planFrom(readModeFiles(projectDirectory, mode), projectDirectory);
}
