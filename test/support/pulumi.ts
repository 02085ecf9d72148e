import assert from "node:assert/strict";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { finish } from "../../system/processes.ts";
import { templateKeys } from "./template.ts";

export interface PulumiResult {
  readonly code: number;
  /** Both streams, as a person sees them. */
  readonly output: string;
}

/** The real pulumi in a sandbox, as its shell would run it. Answers also where it fails. */
export async function pulumiOn(
  sandbox: Sandbox,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<PulumiResult> {
  const { status, stdout, stderr } = await finish(
    "pulumi",
    [...args, "--non-interactive", "--color", "never"],
    {
      env: { ...sandbox.environment(), ...variables },
    },
  );
  return { code: status, output: `${stdout}${stderr}` };
}

/** The same, for a command that must succeed. */
export async function pulumiSucceeds(sandbox: Sandbox, args: readonly string[]): Promise<string> {
  const { code, output } = await pulumiOn(sandbox, args);
  if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with status ${code}:\n${output}`);
  return output;
}

/** Makes a stack, its secrets kept as those of the template's are. */
export function initStack(sandbox: Sandbox, mode: string): Promise<string> {
  const keys = templateKeys();
  const by = keys === undefined ? [] : ["--secrets-provider", keys];
  return pulumiSucceeds(sandbox, ["stack", "init", mode, "--no-select", ...by]);
}

/** Without a preview, which the engine would only repeat. */
const upArguments = (mode: string): string[] => ["up", "--yes", "--skip-preview", "-s", mode];

/** `pulumi up` of a mode. */
export function up(sandbox: Sandbox, mode: string, ...options: string[]): Promise<string> {
  return pulumiSucceeds(sandbox, [...upArguments(mode), ...options]);
}

/** The same, however it ends. */
export function tryUp(
  sandbox: Sandbox,
  mode: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<PulumiResult> {
  return pulumiOn(sandbox, upArguments(mode), variables);
}

/** Holds that an up sees no difference: what the program declares is what the cluster holds, as the up has read it anew. */
export async function upChangesNothing(sandbox: Sandbox, mode: string): Promise<void> {
  await seesNothing(sandbox, mode, ["up", "--yes", "--skip-preview"]);
}

/**
 * Holds that up, preview and refresh see no difference; asked at once, as they only read where that is so. The other two differ from
 * an up where a preview has a way of its own through the program, and where the state does not hold what was declared.
 */
export async function nothingDiffers(sandbox: Sandbox, mode: string): Promise<void> {
  await Promise.all(
    [["up", "--yes", "--skip-preview"], ["preview"], ["refresh", "--preview-only"]].map((command) =>
      seesNothing(sandbox, mode, command),
    ),
  );
}

async function seesNothing(sandbox: Sandbox, mode: string, command: readonly string[]): Promise<void> {
  const { code, output } = await pulumiOn(sandbox, [...command, "--expect-no-changes", "-s", mode]);
  assert.equal(code, 0, `${command[0]} of ${mode} sees a change:\n${output}`);
}
