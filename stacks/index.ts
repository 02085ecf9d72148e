/**
 * What a mode means: its settings, and the plan that follows from them. Pure: no Pulumi resource, no cluster, no clock.
 * `Pulumi.yaml` + `Pulumi.<mode>.yaml` (files/) → settings (settings/, rules/) → model and engine, looked up once (resolve/) →
 * gates (gates/) → plan (plan/) → the Kubernetes objects (manifests/).
 */
import { type Fault, faultText, RefusedError } from "../system/errors.ts";
import { listModes, nameFaults, readModeFiles } from "./files/index.ts";
import { type Plan, planMode } from "./plan/index.ts";
import { gatesOf } from "./resolve/ask-gates.ts";
import { type Checked, checkSettings, faulty, type RawSettings } from "./rules/validate.ts";

export { RefusedError } from "../system/errors.ts";
export { fileNameFaults, listModes } from "./files/index.ts";
export { describePlan } from "./plan/describe.ts";
export type { Plan } from "./plan/index.ts";
export { type RawSettings, validateSettings } from "./rules/validate.ts";
export type { Settings } from "./settings/index.ts";

/**
 * The plan of a mode whose values are at hand. A mode that does not serve keeps the default mode's pod template,
 * so that one's file is read from the project's folder.
 * @throws RefusedError naming every fault of the files.
 */
export function planFrom(raw: RawSettings, projectDirectory: string): Plan {
  return planWith(raw, (mode) => readModeFiles(projectDirectory, mode));
}

/**
 * As `planFrom`; but a mode that does not serve, and has no fault of its own, is planned whatever the default mode's file says: with
 * the pod template of another mode that serves, and a warning.
 * @throws RefusedError naming every fault of the files, where there is no such mode.
 */
export function planAnyway(raw: RawSettings, projectDirectory: string): { plan: Plan; warnings: string[] } {
  try {
    return { plan: planFrom(raw, projectDirectory), warnings: [] };
  } catch (error) {
    const { settings, faults } = checkSettings(raw);
    if (!(error instanceof RefusedError) || settings.serve || faults.length > 0) {
      throw error;
    }
    for (const mode of listModes(projectDirectory)) {
      try {
        const plan = planFrom({ ...raw, values: { ...raw.values, defaultMode: mode } }, projectDirectory);
        return {
          plan,
          warnings: [
            [
              `The pod template of mode ${settings.defaultMode} cannot be kept ready:`,
              ...error.faults.map(faultText),
              `Until that is fixed, that of mode ${mode} is.`,
            ].join("\n"),
          ],
        };
      } catch {
        // it has faults, too, or does not serve either
      }
    }
    throw error;
  }
}

/**
 * As `planFrom`, with the default mode's values from wherever `readMode` has them.
 * @throws RefusedError naming every fault of the files.
 */
export function planWith(raw: RawSettings, readMode: (mode: string) => RawSettings): Plan {
  const own = checkSettings(raw);
  const { serve, defaultMode } = own.settings;
  const defaults = serve ? undefined : checkDefaults(raw, defaultMode, readMode);
  const { settings, server, memory, driver } = defaults ?? own;
  const faults = [
    ...nameFaults(raw.mode),
    ...own.faults,
    ...(own.memory?.faults ?? []),
    ...(own.driver?.faults ?? []),
    ...(defaults?.faults ?? []),
  ];
  const unknown =
    settings === undefined || server === undefined || memory === undefined || driver === undefined;
  if (faults.length > 0 || unknown) {
    throw faulty(raw.mode, faults);
  }
  const part = { mode: serve ? raw.mode : defaultMode, settings, ...server, gates: gatesOf(memory, driver) };
  return planMode(raw.mode, own.settings, part);
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
