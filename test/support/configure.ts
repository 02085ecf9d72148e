import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";

/**
 * Writes settings into a mode's file, as a user does with an editor; `undefined` removes one. A test's sandbox has stack files
 * of its own: the tracked ones stay as they are.
 */
export function configure(sandbox: Sandbox, mode: string, settings: Record<string, unknown>): void {
  const file = join(sandboxPaths(sandbox.dir).files, `Pulumi.${mode}.yaml`);
  const content = parse(readFileSync(file, "utf8")) as { config?: Record<string, unknown> };
  const config: Record<string, unknown> = { ...content.config };
  for (const [key, value] of Object.entries(settings)) {
    if (value === undefined) {
      delete config[`vllm-platform:${key}`];
    } else {
      config[`vllm-platform:${key}`] = value;
    }
  }
  writeFileSync(file, stringify({ ...content, config }));
}
