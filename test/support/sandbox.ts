import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openSandbox, type Sandbox } from "../../sandbox/index.ts";
import type { Progress } from "../../toolchain/progress.ts";

/** Progress that is not shown: mocha's report is what a test run prints. */
export const silentProgress: Progress = {
  step: (_name, _options, run) => run(() => {}),
  say: () => {},
};

let shared: Promise<Sandbox> | undefined;
const made: Sandbox[] = [];

/**
 * One sandbox for the whole test run, started at first use. Tests that stop it, kill its processes or count on an
 * empty cluster take a fresh one instead. `endSandboxes` removes all of them.
 */
export function sharedSandbox(): Promise<Sandbox> {
  shared ??= freshSandbox().then(async (sandbox) => {
    process.env.VLLM_PLATFORM_SANDBOX = sandbox.dir;
    await sandbox.start({ progress: silentProgress });
    return sandbox;
  });
  return shared;
}

/** A sandbox in a folder of its own, not started. */
export async function freshSandbox(): Promise<Sandbox> {
  const sandbox = openSandbox(await mkdtemp(join(tmpdir(), "vllm-platform-sandbox-")));
  made.push(sandbox);
  return sandbox;
}

/** To be called once, after the last test: ends every process and removes the folders. */
export async function endSandboxes(): Promise<void> {
  for (const sandbox of made.splice(0)) {
    await sandbox.remove();
    await rm(sandbox.dir, { recursive: true, force: true });
  }
  shared = undefined;
}

/** kubectl on a sandbox; the standard output. */
export async function kubectlOn(sandbox: Sandbox, args: readonly string[], input?: string): Promise<string> {
  const running = promisify(execFile)("kubectl", [...args], {
    env: sandbox.environment(),
    maxBuffer: 64 * 1024 * 1024,
  });
  if (input !== undefined) running.child.stdin?.end(input);
  return (await running).stdout;
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
