// Writes settings into the text of Pulumi.yaml, where a group of settings stands under `value:`.
import { parse } from "yaml";
import { removeFromYaml, setInYaml } from "./edit.ts";

/** A setting by its keys, and its value; undefined takes it away, so that its default holds. */
export interface SettingChange {
  path: readonly [string, ...string[]];
  value: unknown;
}

/**
 * The text of `Pulumi.yaml` with the settings changed; all other lines stay byte for byte.
 * @throws TypeError where the file is no YAML that settings can stand in.
 */
export function writeSettings(text: string, changes: readonly SettingChange[]): string {
  return changes.reduce((current, { path: [group, ...inner], value }) => {
    const path = ["config", ...placeOf(current, group, inner.length > 0), ...inner] as [string, ...string[]];
    return value === undefined ? removeFromYaml(current, path) : setInYaml(current, path, value);
  }, text);
}

/** Under which keys a setting stands, or is to stand: `vllm-platform:route`, `value`. */
function placeOf(text: string, setting: string, isGroup: boolean): string[] {
  const content = (parse(text) ?? {}) as { name?: string; config?: Record<string, unknown> };
  const { name = "vllm-platform", config } = content;
  const known = [`${name}:${setting}`, `vllm-platform:${setting}`, setting];
  const key = known.find((one) => config !== undefined && config !== null && one in config) ?? known[1] ?? "";
  const value = config?.[key];
  const isWrapped = typeof value === "object" && value !== null && !Array.isArray(value);
  return isGroup || isWrapped || value === undefined ? [key, "value"] : [key];
}
