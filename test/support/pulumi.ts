import assert from "node:assert/strict";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { finish } from "../../system/processes.ts";

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

/**
 * The three questions whether anything differs: the program against what the stack remembers and the cluster holds,
 * and what the stack remembers against the cluster.
 */
const noChangeQuestions: readonly (readonly string[])[] = [
  ["up", "--yes", "--skip-preview", "--expect-no-changes"],
  ["preview", "--expect-no-changes"],
  ["refresh", "--preview-only", "--expect-no-changes"],
];

/** Holds that up, preview and refresh see no difference; asked at once, as they only read where that is so. */
export async function nothingDiffers(sandbox: Sandbox, mode: string): Promise<void> {
  await Promise.all(
    noChangeQuestions.map(async ([command = "", ...options]) => {
      const { code, output } = await pulumiOn(sandbox, [command, "-s", mode, ...options]);
      assert.equal(code, 0, `${command} of ${mode} sees a change:\n${output}`);
    }),
  );
}
