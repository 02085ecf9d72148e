/**
 * What a mode means: its settings, and the plan that follows from them. Pure: no Pulumi resource, no cluster, no clock.
 * `Pulumi.yaml` + `Pulumi.<mode>.yaml` → settings (settings.ts, validate.ts, rules/) → gates (ask-gates.ts) → plan (plan.ts).
 */
import { type Fault, RefusedError } from "../system/refused.ts";
import { isModeName, readModeFiles } from "./files/index.ts";
import { type Plan, planMode } from "./plan/index.ts";
import { gateRules } from "./rules/gates.ts";
import { type Checked, checkSettings, type RawSettings, refuseFaulty } from "./rules/validate.ts";

export { type Fault, RefusedError } from "../system/refused.ts";
export { listModes, readModeFiles } from "./files/index.ts";
export { describePlan } from "./plan/describe.ts";
export { type Plan, planMode, type ServerPlan } from "./plan/index.ts";
export { type RawSettings, validateSettings } from "./rules/validate.ts";
export type { Settings } from "./settings/index.ts";
export { names } from "./vocabulary/names.ts";

/**
 * The plan of a mode whose values are at hand. A mode that does not serve keeps the default mode's pod template,
 * so that one's file is read from the project's folder.
 * @throws RefusedError naming every fault of the files.
 */
export function planFrom(raw: RawSettings, projectDirectory: string): Plan {
  return planWith(raw, (mode) => readModeFiles(projectDirectory, mode));
}

/**
 * As `planFrom`, with the default mode's values from wherever `readMode` has them.
 * @throws RefusedError naming every fault of the files.
 */
export function planWith(raw: RawSettings, readMode: (mode: string) => RawSettings): Plan {
  const own = checkSettings(raw, gateRules);
  const { serve, defaultMode } = own.settings;
  const defaults = serve ? undefined : checkDefaults(raw, defaultMode, readMode);
  refuseFaulty(raw.mode, [...nameFaults(raw), ...own.faults, ...(defaults?.faults ?? [])]);
  return planMode(raw.mode, own.settings, defaults?.settings);
}

/** The plan of a mode from the project's files alone: no engine, no cluster. */
export function planFromFiles(projectDirectory: string, mode: string): Plan {
  return planFrom(readModeFiles(projectDirectory, mode), projectDirectory);
}

/** The default mode's settings, which must be those of a mode that serves. */
function checkDefaults(
  raw: RawSettings,
  defaultMode: string,
  readMode: (mode: string) => RawSettings,
): Partial<Checked> & Pick<Checked, "faults"> {
  try {
    const defaults = checkSettings(readMode(defaultMode));
    const idle: Fault = {
      where: raw.fileOf("defaultMode"),
      key: "defaultMode",
      found: defaultMode,
      problem: "this mode does not serve either, so it has no pod template to keep ready",
      fix: "Name a mode that serves",
    };
    return { ...defaults, faults: [...defaults.faults, ...(defaults.settings.serve ? [] : [idle])] };
  } catch (error) {
    if (error instanceof RefusedError) {
      return { faults: [...error.faults] };
    }
    throw error;
  }
}

function nameFaults(raw: RawSettings): Fault[] {
  return isModeName(raw.mode)
    ? []
    : [
        {
          where: raw.fileOf(""),
          found: raw.mode,
          problem:
            "a mode's name must be at most 63 lower-case letters, digits and '-', as it becomes a label of the objects",
          fix: "Rename the file and its stack (`pulumi stack rename`)",
        },
      ];
}
