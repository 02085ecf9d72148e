import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ownSandbox, projectRoot, sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { listModes } from "../../lab/sandbox/pulumi/project.ts";
import { temporarySandbox } from "../../lab/sandbox/temporary.ts";
import { takeFolder } from "../../lab/toolchain/base/own-folder.ts";
import type { Progress } from "../../lab/toolchain/base/progress.ts";
import { outputOf } from "../../system/processes.ts";
import { fillFromTemplate } from "./template.ts";

/** Progress that is not shown: mocha's report is what a test run prints. */
export const silentProgress: Progress = {
  step: (_name, _options, run) => run(() => {}),
  say: () => {},
};

/** A sandbox in a folder of its own, with stack files of its own, not started. Who takes it removes it. */
export async function freshSandbox(): Promise<Sandbox> {
  const sandbox = await temporarySandbox();
  await copyStackFiles(sandbox);
  return sandbox;
}

/** What a test sets, by editor or by pulumi, must not reach the tracked files. */
export async function copyStackFiles({ dir }: Sandbox): Promise<void> {
  const paths = sandboxPaths(dir);
  await takeFolder(ownSandbox(paths));
  await mkdir(paths.files, { recursive: true });
  for (const name of [
    "Pulumi.yaml",
    ...(await listModes(projectRoot)).map((mode) => `Pulumi.${mode}.yaml`),
  ]) {
    await copyFile(join(projectRoot, name), join(paths.files, name));
  }
}

/**
 * A sandbox that runs, and whose simulated server loads and ends fast. Who takes it removes it.
 * @param seconds to load and to end, 0.2 each where not given; `unhurried` leaves the times of a user's sandbox
 * @param madeOf `nothing` for a cluster that must be another one than that of other sandboxes; those of one template have one identity
 */
export async function startedSandbox(
  seconds: Partial<Seconds> | "unhurried" = {},
  madeOf: "the template" | "nothing" = "the template",
): Promise<Sandbox> {
  const sandbox = await freshSandbox();
  try {
    if (madeOf === "the template") await fillFromTemplate(sandbox.dir);
    const hurried = { name: "healthy", loadSeconds: 0.2, stopSeconds: 0.2 } as const;
    await sandbox.start({
      progress: silentProgress,
      ...(seconds === "unhurried" ? {} : { scenario: { ...hurried, ...seconds } }),
    });
    return sandbox;
  } catch (error) {
    await sandbox.remove();
    throw error;
  }
}

interface Seconds {
  loadSeconds: number;
  stopSeconds: number;
}

/** kubectl on a sandbox; the standard output. */
export function kubectlOn(sandbox: Sandbox, args: readonly string[], input?: string): Promise<string> {
  return outputOf("kubectl", args, { env: sandbox.environment(), input });
}

/** Asks until `check` gives a value; fails with the last reason after `seconds`. */
export async function eventually<T>(seconds: number, check: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let reason: unknown = "it stayed undefined";
  while (Date.now() < deadline) {
    try {
      const value = await check();
      if (value !== undefined) return value;
    } catch (error) {
      reason = error;
    }
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error(`not within ${seconds} s: ${reason instanceof Error ? reason.message : String(reason)}`);
}
